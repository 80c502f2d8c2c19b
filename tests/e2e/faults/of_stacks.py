"""Faulty settings of a stack, and of its environment."""

from tests.e2e.faults.faulty import Faulty

OF_THE_STACK = [
    Faulty("misspelt key", ("image-from-iso:regoin", "not a known key", "'region'"), stack={"regoin": "x"}),
    Faulty("no builds", ("image-from-iso:builds", "at least one build"), stack={"builds": None}),
    Faulty("empty list of builds", ("image-from-iso:builds", "at least one build"), stack={"builds": []}),
    Faulty("builds as a mapping", ("image-from-iso:builds", "must be a list"), stack={"builds": {"name": "x"}}),
    Faulty("build as a text", ("builds[0]", "must be a mapping"), stack={"builds": ["debian"]}),
    Faulty("defaults as a list", ("image-from-iso:defaults", "every build shares"), stack={"defaults": ["x"]}),
    Faulty("defaults as a word", ("image-from-iso:defaults", "must be a mapping"), stack={"defaults": "yes"}),
    Faulty("builds as a word", ("image-from-iso:builds", "must be a list"), stack={"builds": "debian"}),
    Faulty("regions as a word", ("image-from-iso:regions", "must map names"), stack={"regions": "lab-1"}),
    Faulty("negative price", ("prices.volumes.SSD", "or equal to 0"), stack={"prices": {"volumes": {"SSD": -1}}}),
    Faulty("endpoint with a version", ("  HW_VPC_ENDPOINT", "alone"), variables={"HW_VPC_ENDPOINT": "http://x/v1"}),
    Faulty("endpoint without a host", ("  HW_IMS_ENDPOINT", "base URL"), variables={"HW_IMS_ENDPOINT": "http://a b"}),
    Faulty(
        "certificate bundle that is missing",
        ("  REQUESTS_CA_BUNDLE: names '/nonexistent.pem'", "cannot be read"),
        variables={"REQUESTS_CA_BUNDLE": "/nonexistent.pem", "HW_IMS_ENDPOINT": "https://127.0.0.1:1"},
    ),
    Faulty(
        "proxy that is not there",
        ("  http_proxy: vpc cannot be reached: the proxy 127.0.0.1:1", "correct http_proxy"),
        variables={
            "http_proxy": "http://127.0.0.1:1",
            "no_proxy": "127.0.0.1,localhost",  # of the engine's own connections
            "HW_VPC_ENDPOINT": "http://vpc.example.com",
        },
    ),
    Faulty("key with a space", ("  HW_ACCESS_KEY", "no key has"), variables={"HW_ACCESS_KEY": "a key"}),
    Faulty("unknown service", ("image-from-iso:endpoints", "iam, ims"), stack={"endpoints": {"s3": "http://x"}}),
    Faulty("unknown mode", ("image-from-iso:preflight", "'off', 'warn' or 'enforce'"), stack={"preflight": "maybe"}),
    Faulty("negative estimate", ("estimated_minutes", "greater than 0"), stack={"estimated_minutes": -1}),
    Faulty("misspelt price table", ("prices.flavours", "not a known key"), stack={"prices": {"flavours": {}}}),
    Faulty("price as a word", ("prices.flavors.s6", "number"), stack={"prices": {"flavors": {"s6": "cheap"}}}),
    Faulty(
        "unknown region",
        ("region", "mars-north-1", "cn-north-4"),
        stack={"region": "mars-north-1"},
        variables=dict.fromkeys(f"HW_{s}_ENDPOINT" for s in ("IAM", "IMS", "ECS", "EVS", "VPC", "OBS"))
        | {"HW_AUTH_URL": None, "HW_REGION_NAME": None},
    ),
    Faulty(
        "no region",
        ("region", "is missing", "HW_REGION_NAME"),
        stack={"region": None},
        variables={"HW_REGION_NAME": None},
    ),
    Faulty(
        "no credentials",
        ("credentials", "HW_ACCESS_KEY", "HW_USER_PASSWORD"),
        variables=dict.fromkeys(("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_USER_NAME", "HW_USER_PASSWORD")),
    ),
    Faulty(
        "wrong secret key",
        ("credentials", "access key"),
        variables={"HW_SECRET_KEY": "0" * 40, "HW_USER_NAME": None, "HW_USER_PASSWORD": None},
    ),
    Faulty(
        "wrong password",
        ("credentials", "password"),
        variables={"HW_USER_PASSWORD": "a-wrong-one", "HW_ACCESS_KEY": None, "HW_SECRET_KEY": None},
    ),
    Faulty(
        "unknown project",
        ("no-such-project", "project_id"),
        variables={"HW_PROJECT_NAME": "no-such-project", "HW_PROJECT_ID": None},
    ),
    Faulty("unknown cloud", ("cloud", "'otcc' that is not known", "set endpoint"), stack={"cloud": "otcc"}),
    Faulty(
        "region of another cloud",
        ("region", "not one of Open Telekom Cloud", "eu-de"),
        stack={"cloud": "otc"},
        variables={"HW_EVS_ENDPOINT": None},
    ),
    Faulty(
        "pattern for one service",
        ("endpoint", "does not contain {service}", "write https://{service}"),
        stack={"endpoint": "https://ims.example.com"},
    ),
    Faulty("no such authority", ("ca_bundle", "cannot be read"), stack={"ca_bundle": "/nonexistent/ca.pem"}),
    Faulty("authority that is none", ("ca_bundle", "holds no certificate"), stack={"ca_bundle": "/dev/null"}),
]

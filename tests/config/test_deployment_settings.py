"""Cloud, endpoints and trusted certificates of a deployment: all problems at once, each with its key."""

import ssl

import pytest

from config.sign_in import connection
from config.stack_settings import read_program, validate
from tests.config.build_problems import BUILD
from tests.config.stack_problems import ELSEWHERE, KEY, builds, faults, lines
from tests.tls import make_certificate

PRIVATE = "https://{service}.{region}.example.com"


@pytest.fixture
def bundle(tmp_path):
    return make_certificate(tmp_path)[0]


@pytest.mark.parametrize(
    ("values", "key", "words"),
    [
        ({"cloud": "otcc"}, "cloud", "names a cloud 'otcc' that is not known; the known ones are huaweicloud, "),
        ({"cloud": 5}, "cloud", "names a cloud '5' that is not known"),
        ({"cloud": ["otc"]}, "cloud", "must be a single value"),
        ({"cloud": "otc"}, "region", "'cn-north-4' is not one of Open Telekom Cloud"),
        ({"cloud": "otc", "endpoint": PRIVATE}, "endpoint", "is set together with cloud; remove one of the two"),
        ({"endpoint": "https://ims.example.com"}, "endpoint", "does not contain {service}"),
        ({"endpoint": {"ims": "x"}}, "endpoint", "must be a single value"),
        ({"endpoint": "https://{service}.{regoin}.example.com"}, "endpoint", "a placeholder other than"),
        ({"ca_bundle": "/nonexistent/ca.pem"}, "ca_bundle", "cannot be read: No such file or directory"),
        ({"ca_bundle": "ca.pem"}, "ca_bundle", "must be an absolute path"),
        ({"ca_bundle": "~nobody-of-that-name/ca.pem"}, "ca_bundle", "must be an absolute path"),
        ({"ca_bundle": "/dev/null"}, "ca_bundle", "holds no certificate"),
        ({"ca_bundle": "/a\0b"}, "ca_bundle", "cannot be read"),
        ({"ca_bundle": "/" + "x" * 5000}, "ca_bundle", "cannot be read"),
    ],
)
def test_a_fault_of_the_deployment_is_one_problem(values, key, words):
    (fault,) = faults(**values)

    assert fault.startswith(f"{key}: ")
    assert words in fault


def test_faults_of_the_deployment_are_reported_with_all_others():
    found = faults(
        cloud="otcc",
        ca_bundle="/nonexistent",
        endpoints={"s3": "x"},
        servers_at_once=0,
        builds=[{**BUILD, "min_disk": 0}],
    )

    keys = [fault.partition(": ")[0] for fault in found]
    assert sorted(["cloud", "ca_bundle", "endpoints", "servers_at_once", "builds[0].min_disk"]) == sorted(keys)


def test_nothing_is_asked_with_a_faulty_deployment():
    assert {} == validate({"builds": builds(None), "ca_bundle": "/nonexistent"}, KEY).to_check


def test_a_file_that_is_not_pem_is_refused(tmp_path, bundle):
    binary = tmp_path / "ca.der"
    binary.write_bytes(ssl.PEM_cert_to_DER_cert(bundle.read_text()))
    key = bundle.with_suffix(".key")

    for file in (binary, key):
        (fault,) = faults(ca_bundle=str(file))
        assert f"ca_bundle: names '{file}', which holds no certificate" in fault


def test_a_deployment_holds_for_all_regions(bundle):
    values = {"builds": builds("cn-north-1", "region-2"), "endpoint": PRIVATE, "ca_bundle": str(bundle)}

    settings = validate(values, KEY)
    clouds = [connection.connect(region, settings.sign_in, KEY) for region in settings.to_check]

    assert [] == lines(settings)
    assert ["https://ims.cn-north-1.example.com", "https://ims.region-2.example.com"] == [
        cloud.endpoints.ims for cloud in clouds
    ]


def test_an_authority_below_the_home_folder_is_found(bundle, monkeypatch):
    monkeypatch.setenv("HOME", str(bundle.parent))

    assert [] == faults(ca_bundle=f"~/{bundle.name}")


def test_a_pattern_without_a_region_serves_one_region_only():
    one_place = "https://{service}.example.com"

    assert [] == faults(endpoint=one_place, regions={"team": {"region": "cn-north-4"}}, builds=builds("team", None))
    (fault,) = faults(endpoint=one_place, builds=builds(None, "cn-north-1"))
    assert fault.startswith("endpoint: does not contain {region}, so that 'cn-north-1' would have the services of")


def test_the_variables_are_the_defaults_of_the_deployment(bundle):
    environment = {**KEY, "HW_ENDPOINT": PRIVATE, "HW_CA_BUNDLE": str(bundle)}

    assert [] == lines(
        validate({"builds": builds("region-2"), "cloud": "otc", "ca_bundle": "/nonexistent"}, environment)
    )
    for variable, value in (("HW_CLOUD", "otcc"), ("HW_ENDPOINT", "https://x"), ("HW_CA_BUNDLE", "/nonexistent")):
        (fault,) = lines(validate({"builds": builds(None)}, {**KEY, variable: value}))
        assert fault.startswith(f"{variable}: ")


def test_a_variable_of_other_programs_does_not_matter_where_all_endpoints_are_set():
    assert [] == lines(validate({"builds": builds(None), "endpoints": ELSEWHERE}, {**KEY, "HW_CLOUD": "example.com"}))


def test_a_program_reports_the_faults_of_its_deployment():
    found = read_program({"cloud": "otcc", "ca_bundle": "/nonexistent", "endpoints": {"s3": "x"}}, KEY)

    assert ["cloud", "ca_bundle", "endpoints"] == [item.key for item in found.problems]
    assert ("otcc", "/nonexistent") == (found.sign_in["cloud"], found.sign_in["ca_bundle"])

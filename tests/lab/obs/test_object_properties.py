"""Access control lists and tags of objects, with boto3 and with the signature of OBS, and further host names."""

import http.client
from pathlib import Path
from typing import Any

import pytest

from lab.access import AllowedHosts
from lab.obs.storage.database import description_of
from tests.lab.obs.conftest import RunningStore, error_code
from tests.labs import RunningLab, read_exports, run_lab

OWNER = "0" * 32


def grants(answer: Any) -> list[tuple[str, str]]:
    return [(grant["Grantee"]["Type"], grant["Permission"]) for grant in answer["Grants"]]


def test_the_owner_has_full_control(s3: Any) -> None:
    s3.put_object(Bucket="images", Key="a", Body=b"x")
    answer = s3.get_object_acl(Bucket="images", Key="a")
    assert (answer["Owner"]["ID"], grants(answer)) == (OWNER, [("CanonicalUser", "FULL_CONTROL")])
    assert error_code(s3.get_object_acl, Bucket="images", Key="none") == "NoSuchKey"


def test_a_list_that_everyone_has_is_kept_and_opens_nothing(s3: Any, store: RunningStore) -> None:
    s3.put_object(Bucket="images", Key="a", Body=b"x")
    s3.put_object_acl(Bucket="images", Key="a", ACL="public-read")
    assert grants(s3.get_object_acl(Bucket="images", Key="a"))[1:] == [("Group", "READ")]
    connection = http.client.HTTPConnection("127.0.0.1", store.port)
    connection.request("GET", "/images/a")
    assert connection.getresponse().status == 403
    connection.close()
    answer = s3.get_object_acl(Bucket="images", Key="a")
    policy = {"Owner": answer["Owner"], "Grants": answer["Grants"][:1]}
    s3.put_object_acl(Bucket="images", Key="a", AccessControlPolicy=policy)
    assert len(s3.get_object_acl(Bucket="images", Key="a")["Grants"]) == 1


def test_tags_are_set_at_the_upload_and_later(s3: Any) -> None:
    def tags() -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket="images", Key="a")["TagSet"]}

    s3.put_object(Bucket="images", Key="a", Body=b"x", Tagging="k=v%201&empty=")
    assert tags() == {"k": "v 1", "empty": ""}
    s3.put_object_tagging(Bucket="images", Key="a", Tagging={"TagSet": [{"Key": "new", "Value": "1"}]})
    assert tags() == {"new": "1"}
    s3.copy_object(Bucket="images", Key="a", CopySource="images/a", StorageClass="STANDARD_IA")
    assert tags() == {"new": "1"}
    s3.delete_object_tagging(Bucket="images", Key="a")
    assert tags() == {}
    many = {"TagSet": [{"Key": str(number), "Value": ""} for number in range(11)]}
    assert error_code(s3.put_object_tagging, Bucket="images", Key="a", Tagging=many) == "InvalidArgument"


def test_descriptions_of_older_labs_are_read() -> None:
    old = description_of('["WARM", {"content-type": "text/plain"}, {"m": "1"}]')
    assert (old.storage_class, old.metadata, old.tags, old.acl) == ("WARM", {"m": "1"}, {}, "private")


@pytest.mark.parametrize(
    ("host", "is_store", "allowed"),
    [
        ("obs.example.test", True, True),
        ("images.obs.example.test:9086", True, True),
        ("obs.example.test", False, False),
        ("example.test", True, False),
        ("images.localhost", True, True),
    ],
)
def test_names_of_the_store_are_names_of_the_store_alone(host: str, is_store: bool, allowed: bool) -> None:
    assert AllowedHosts((), ["OBS.example.test."]).allows(host, buckets=is_store) is allowed


def test_a_bucket_is_reached_below_a_further_name(tmp_path: Path) -> None:
    run_lab(tmp_path, "start", "--driver", "simulated", "--port", "0", "--obs-host", "obs.example.test")
    try:
        run_lab(tmp_path, "stop")
        run_lab(tmp_path, "start", "--driver", "simulated", "--port", "0")
        lab = RunningLab(tmp_path, read_exports(run_lab(tmp_path, "env")))
        port = int(lab.env["HW_OBS_ENDPOINT"].rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("HEAD", "/?apiversion", headers={"Host": "lab-images.obs.example.test"})
        response = connection.getresponse()
        assert (response.status, response.headers["x-obs-api"]) == (200, "3.0")
        connection.close()
    finally:
        run_lab(tmp_path, "stop")

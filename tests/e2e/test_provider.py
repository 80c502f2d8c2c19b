"""The provider under the real engine, for a program of its own that knows only where the plugin is."""

import json
import signal
import subprocess

import psutil
import pytest

from plugin.package import schema_text
from tests.e2e import stored_uploads
from tests.e2e.cloud import CloudView, procedure
from tests.e2e.consumer import IMPORT, Consumer, inputs
from tests.e2e.crash.procedures import BUCKET
from tests.e2e.project import ROOT, Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab, wait_for
from tests.processes import command_line, descendants, has_ended, kill

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("provider")]

REGION = {"huaweicloud-image:region": "lab-1", "region": "a region of the program's own"}
CAPTURED_IMAGE = "huaweicloud-image:index:CapturedImage"
PASSWORD = "first-password-of-the-installer"


@pytest.fixture
def consumer(lab: RunningLab, tmp_path) -> Consumer:
    return Consumer(tmp_path / "consumer", lab.env)


def test_two_builds_of_one_iso_file_are_built_kept_imported_refreshed_and_destroyed(consumer, lab, cloud: CloudView):
    second = inputs(lab, imageName="second", userData=f"#cloud-config\npassword: {PASSWORD}\n")
    consumer.configure(builds={"golden": inputs(lab), "second": second}, chained=True, **REGION)
    lab.clear_journal()

    outcome = consumer.up()

    assert outcome.status == 0, outcome
    assert 1 == procedure(lab).count("ISO image")
    images = consumer.outputs()["images"]
    assert {*images.values()} == {image["id"] for image in cloud.images("FusionCompute")}
    state = json.dumps(consumer.state())
    assert PASSWORD not in state
    assert "#cloud-config" not in state
    assert "pulumi-python" not in state
    outcome = consumer.up("--expect-no-changes")
    assert outcome.status == 0, outcome
    outcome = consumer.pulumi("import", CAPTURED_IMAGE, "copy", images["golden"], *IMPORT)
    assert outcome.status == 0, outcome
    outcome = consumer.refresh("--expect-no-changes")
    assert outcome.status == 0, outcome
    outcome = consumer.destroy()
    assert outcome.status == 0, outcome
    assert cloud.everything() == (0, 0, 0)


@pytest.mark.matrix
def test_a_file_is_uploaded_and_the_image_tested_and_destroy_leaves_neither(consumer, lab, cloud: CloudView, tmp_path):
    file = tmp_path / "debian.iso"
    file.write_bytes(iso("UPLOAD", size=150 * 2048))
    settings = {"image_url": None, "iso": str(file), "iso_bucket": BUCKET, "verify": {"until": "cloud-init finished"}}
    consumer.configure(builds={"golden": inputs(lab, settings)}, **REGION)

    outcome = consumer.up()

    assert outcome.status == 0, outcome
    assert ["object"] == stored_uploads.find(lab.env, BUCKET)
    assert {"IsoObject", "ImageVerification"} <= {resource.split()[0] for resource in consumer.resources()}
    golden = consumer.outputs()["builds"]["golden"]
    assert "passed" == golden["verification"]
    assert {"upload", "verification"} <= golden["duration_s"].keys() & golden["requests"].keys()
    assert cloud.everything() == (2, 0, 0)
    outcome = consumer.up("--expect-no-changes")
    assert outcome.status == 0, outcome
    outcome = consumer.destroy()
    assert outcome.status == 0, outcome
    assert cloud.everything() == (0, 0, 0)
    assert [] == stored_uploads.find(lab.env, BUCKET)


def plugin_of(consumer: Consumer, command: subprocess.Popen[str]) -> psutil.Process:
    """Return the process of the provider, which the engine has started."""
    started = descendants(psutil.Process(command.pid))
    (plugin,) = [process for process in started if str(consumer.plugin) in command_line(process)]
    return plugin


@pytest.mark.parametrize(
    "interruption",
    # the sample of the crash matrix kills the provider and the engine
    [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.matrix)],
)
def test_an_interrupted_build_goes_on_with_the_same_server(consumer, lab, cloud: CloudView, interruption):
    consumer.configure(builds={"golden": inputs(lab)}, **REGION)
    lab.change_settings(guest={"powers_off": False})
    lab.clear_journal()
    command = consumer.start("up", "--yes", "--skip-preview", "--stack", "test")
    wait_for(lambda: consumer.pending("OsInstallation"), "the wait for the installation", 60)
    plugin, started = plugin_of(consumer, command), descendants(psutil.Process(command.pid))

    command.send_signal(interruption)

    wait_for(lambda: has_ended(plugin), "the end of the provider")
    kill(started)
    output, _ = command.communicate(timeout=60)
    assert command.returncode != 0
    assert interruption == signal.SIGKILL or "run `pulumi up` to continue" in output
    assert "has a problem" not in output
    assert consumer.unlock() == (interruption == signal.SIGKILL)
    lab.change_settings(guest={"powers_off": True})
    (server,) = cloud.servers()
    cloud.stop_server(server["id"])
    outcome = consumer.up()
    assert outcome.status == 0, outcome
    assert 1 == procedure(lab).count("server")
    outcome = consumer.destroy()
    assert outcome.status == 0, outcome
    assert cloud.everything() == (0, 0, 0)


def test_problems_are_one_sentence_in_the_words_of_the_program(consumer, lab, cloud: CloudView):
    faulty = inputs(lab, osVersion=None, minDisk=20)
    consumer.configure(builds={"golden": faulty}, **REGION)
    plain = consumer.preview()
    consumer.configure(builds={"golden": inputs(lab)}, late={"minDisk": 20}, **REGION)
    late = consumer.up()
    consumer.configure(builds={"golden": inputs(lab)}, **{"huaweicloud-image:regoin": "lab-1"})
    unknown = consumer.preview()

    assert {True} == {outcome.status != 0 for outcome in (plain, late, unknown)}
    assert "golden.osVersion: is missing" in plain.output
    assert "golden.dataVolumes: size must be at least minDisk, 20 GiB: this disk becomes the image" in plain.output
    assert "the preflight found 2 problems; the build did not begin:" in late.output
    assert "huaweicloud-image:regoin: is not a known key; did you mean 'region'?" in unknown.output
    assert cloud.everything() == (0, 0, 0)
    assert consumer.destroy().status == 0


def test_the_cli_shows_the_schema(consumer):
    outcome = consumer.pulumi("package", "get-schema", str(ROOT / "plugin" / "pulumi-resource-huaweicloud-image"))

    assert outcome.status == 0, outcome
    assert json.loads(schema_text())["resources"].keys() == json.loads(outcome.output)["resources"].keys()


def test_a_stack_of_dynamic_resources_goes_on_with_the_provider(lab, tmp_path, cloud: CloudView):
    project = Project(tmp_path / "project", lab.env)
    builds = [build_settings(lab.env, name=name, image_name=name) for name in ("golden", "second")]
    project.configure(region="lab-1", builds=builds)
    outcome = project.up()
    assert outcome.status == 0, outcome
    before = {r["urn"].rpartition("::")[2] + r["type"].rpartition(":")[2]: r["id"] for r in with_ids(project)}
    lab.clear_journal()

    consumer = Consumer(tmp_path / "consumer", lab.env, name="image-from-iso")
    settings = {name: inputs(lab, imageName=name) for name in ("golden", "second")}
    consumer.configure(builds=settings, **{"huaweicloud-image:region": "lab-1"})
    (consumer.program / "stack.json").write_text(json.dumps(project.state()))
    assert consumer.pulumi("stack", "import", "--stack", "test", "--file", "stack.json").status == 0
    outcome = consumer.up()

    assert outcome.status == 0, outcome
    assert "+ 2 created" in outcome.output  # one check for each build
    assert "replaced" not in outcome.output
    assert "choose another name" not in outcome.output
    assert "this run rents no server and creates no image" in outcome.output
    assert "rents 1" not in outcome.output
    after = {r["urn"].rpartition("::")[2] + r["type"].rpartition(":")[2]: r["id"] for r in with_ids(consumer)}
    steps = {key: id_ for key, id_ in before.items() if "reflight" not in key and "pulumi" not in key}
    assert steps.items() <= after.items()
    assert [] == procedure(lab)
    outcome = consumer.up("--expect-no-changes")
    assert outcome.status == 0, outcome
    outcome = consumer.destroy()
    assert outcome.status == 0, outcome
    assert cloud.everything() == (0, 0, 0)


def with_ids(project):
    return [resource for resource in project.state()["deployment"]["resources"] if "id" in resource]

"""Requests to construct a component, until the component is declared."""

import asyncio

import pulumi
import pytest
from pulumi.output import Unknown
from pulumi.resource import DependencyProviderResource

from config.stack_settings import read_program
from plugin import construct
from plugin.construct import PackageProvider

REFERENCE = "urn:pulumi:test::a-program::pulumi:providers:huaweicloud-image::mine::id"


def run(work):
    async def main():
        return await work()

    with asyncio.Runner() as runner:
        return runner.run(main())


@pytest.mark.parametrize(("name", "shown"), [("mine", "mine"), ("default", ""), ("default_0_1_0", "")])
def test_a_provider_of_the_program_has_its_name(name, shown):
    async def work():
        construct.provider_names.set({"huaweicloud-image": name})
        provider = DependencyProviderResource(REFERENCE)
        construct._named(pulumi.ResourceOptions(providers={"huaweicloud-image": provider}))
        return vars(provider)["provider_name"]

    assert shown == run(work)


def test_a_value_that_contains_an_unknown_one_is_an_output():
    async def work():
        unknown = construct._output({"size": Unknown()})
        assert "plain" == construct._output("plain")
        return isinstance(unknown, pulumi.Output), await unknown.is_known()

    assert (True, False) == run(work)


def test_another_component_is_refused():
    async def work():
        PackageProvider().construct("golden", "huaweicloud-image:index:Other", {})

    with pytest.raises(pulumi.RunError, match="there is no component 'huaweicloud-image:index:Other'; use"):
        run(work)


def test_a_setting_in_two_spellings_is_refused():
    async def work():
        inputs = {"imageName": "a", "image_name": "b", "flavor": "c"}
        PackageProvider().construct("golden", "huaweicloud-image:index:IsoImageBuild", inputs)

    with pytest.raises(pulumi.RunError, match=r"^golden\.image_name is given as 'imageName' as well; leave one"):
        run(work)


def test_builds_of_a_run_know_each_other_and_a_preview_is_another_run():
    async def work():
        provider = PackageProvider()
        with pytest.raises(pulumi.RunError, match="is not configured"):
            provider._program()
        provider.settings = read_program({"region": "lab-1"}, {})
        found = []
        for preview in (True, True, False):
            pulumi.runtime.settings.reset_options(project="a-program", stack="test", preview=preview)
            found.append(provider._program())
        return found

    first, second, update = run(work)
    assert first is second
    assert first is not update

"""Process of the provider: it serves until the engine ends it, or is gone."""

import argparse
import asyncio
import gc
import os
import signal
import sys

import grpc.aio
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from plugin.monitor import LIMITS, Requests
from plugin.resources import WAY
from plugin.servicer import Servicer
from providers.runtime import process, serving


def main(arguments: list[str]) -> None:
    """
    Serve the engine.

    Args:
        arguments: Address of the engine, and options of the engine's that have no effect.
    """
    parser = argparse.ArgumentParser("pulumi-resource-huaweicloud-image", description="Provider of Pulumi's engine.")
    parser.add_argument("engine", help="address of the engine, which starts this program")
    address = parser.parse_known_args(arguments)[0].engine
    gc.freeze()
    gc.set_threshold(*process.COLLECTIONS)
    serving.choose(WAY)
    process.serve(address)
    asyncio.run(_serve())


async def _serve() -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    loop.set_default_executor(Requests())
    server, servicer = grpc.aio.server(options=LIMITS), Servicer()
    add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await stopped.wait()
    process.cancelled.set()
    await server.stop(process.LAST_REQUESTS_S)
    sys.stdout.flush()
    os._exit(0)  # threads of operations that were cancelled may still end a request

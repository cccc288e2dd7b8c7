"""Runs one invocation of a Python function by the protocol of AWS's Lambda Runtime API.

For machines without AWS's own client (awslambdaric). Needs nothing but the standard library.
"""

import http.client
import importlib
import json
import os
import sys
import time
import traceback

BASE = "/2018-06-01/runtime"


class Refusal(Exception):
    """A failure that has a name of the protocol instead of a class of the function."""

    def __init__(self, name, message):
        super().__init__(message)
        self.name = name


class Context:
    """What Lambda tells a function beside its event."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.client_context = None
        self.identity = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))


def call(method, path, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        connection.request(method, BASE + path, body)
        answer = connection.getresponse()
        return answer.headers, answer.read()
    finally:
        connection.close()


def load(handler):
    module_name, _, name = handler.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Refusal("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise Refusal("Runtime.UserCodeSyntaxError", message) from error
    if not callable(getattr(module, name, None)):
        message = f"Handler '{name}' missing on module '{module_name}'"
        raise Refusal("Runtime.HandlerNotFound", message)
    return getattr(module, name)


def marshalled(result):
    try:
        return json.dumps(result, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"Unable to marshal response: {error}"
        raise Refusal("Runtime.MarshalError", message) from error


def document(error):
    # The first place is this file's own.
    places = traceback.extract_tb(error.__traceback__)[1:]
    named = isinstance(error, Refusal)
    return json.dumps(
        {
            "errorMessage": str(error),
            "errorType": error.name if named else type(error).__name__,
            "stackTrace": [] if named else traceback.format_list(places),
        }
    ).encode()


def main(handler):
    sys.path.insert(0, os.environ.get("LAMBDA_TASK_ROOT", os.getcwd()))
    try:
        function = load(handler)
    except Exception as error:
        call("POST", "/init/error", document(error))
        sys.exit(1)
    headers, event = call("GET", "/invocation/next")
    context = Context(headers)
    invocation = f"/invocation/{context.aws_request_id}"
    try:
        body = marshalled(function(json.loads(event), context))
    except Exception as error:
        call("POST", f"{invocation}/error", document(error))
    else:
        call("POST", f"{invocation}/response", body)


if __name__ == "__main__":
    main(sys.argv[1])

"""Sends one event in each mode with the CloudEvents SDK for Python. Prints the mode, the id and the status of each."""

import json
import os
import urllib.request
from datetime import datetime, timedelta, timezone

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

SUBJECT = os.environ["SUBJECT"]


def event(id, data):
    attributes = {
        "id": id,
        "source": "/python",
        "type": "org.example.python",
        "subject": SUBJECT,
        "time": datetime.now(timezone.utc).replace(microsecond=123456) - timedelta(seconds=5),
        "datacontenttype": "application/json",
        "dataschema": "https://example.org/schema",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "flag": True,
        "number": 7,
    }
    return CloudEvent(attributes, data)


def post(mode, id, headers, body):
    url = os.environ["ORIGIN"] + "/api/agent/events"
    request = urllib.request.Request(url, data=body, headers={**headers, "Authorization": "Bearer " + os.environ["KEY"]})
    try:
        status = urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        status = f"{error.code} {error.read().decode()}"
    print(mode, id, status)


DATA = {"action": "probe.python", "outcome": "success", "actor": {"id": "py", "label": "Größe 😀"}}

message = to_structured_event(event("py-structured", DATA))
post("structured", "py-structured", message.headers, message.body)
message = to_binary_event(event("py-binary", DATA))
post("binary", "py-binary", message.headers, message.body)
# Bytes become data_base64.
message = to_structured_event(event("py-bytes", json.dumps(DATA).encode()))
assert b"data_base64" in message.body
post("structured", "py-bytes", message.headers, message.body)
batch = b"[" + b",".join(JSONFormat().write(event(f"py-batch-{n}", DATA)) for n in range(2)) + b"]"
post("batch", "py-batch-0", {"content-type": "application/cloudevents-batch+json"}, batch)

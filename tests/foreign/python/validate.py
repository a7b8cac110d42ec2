"""Reads {"schema", "instances"} from standard input and prints which of the instances the JSON Schema takes, as a JSON array."""

import json
import sys

from jsonschema import Draft202012Validator

given = json.load(sys.stdin)
Draft202012Validator.check_schema(given["schema"])
validator = Draft202012Validator(given["schema"])
print(json.dumps([validator.is_valid(instance) for instance in given["instances"]]))

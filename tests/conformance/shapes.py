"""Holds what is on the wire against botocore's model, more strictly than its parsers do: they pass over members that
they do not know, and take a string for a number."""

import base64
import binascii
import json
import re
from xml.etree import ElementTree

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def faults(service, operation, response, injected=False):
    """What is wrong with one answer, as texts. An error that the fault plan injects has a code and a message and nothing
    else, whatever its shape requires."""
    found = []
    headers = response["headers"]
    if not headers.get("x-amzn-requestid"):
        found.append("no request id")
    if not re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers.get("date", "")):
        found.append(f"no date: {headers.get('date')}")
    walk = Walk(service.protocol, found, whole=not injected)
    if response["status_code"] >= 300:
        error(service, operation, response, walk)
    elif service.protocol == "query":
        output = operation.output_shape
        root = ElementTree.fromstring(response["body"])
        if output is None:
            found += [f"an answer where there is none: {bare(child)}" for child in root if bare(child) != "ResponseMetadata"]
        else:
            walk.xml(output, root.find(wrapped(root, output.serialization["resultWrapper"])), operation.name)
    elif operation.output_shape is None:
        if response["body"] not in (b"", b"{}"):
            found.append(f"an answer where there is none: {response['body']}")
    else:
        body = json.loads(response["body"] or b"{}")
        walk.json(operation.output_shape, body, operation.name)
    return found


def code(service, response):
    """The code of an error as its protocol states it, in the words of the model."""
    if service.protocol == "query":
        root = ElementTree.fromstring(response["body"])
        return next(element.text for element in root.iter() if bare(element) == "Code")
    header = response["headers"].get("x-amzn-errortype")
    return (header or json.loads(response["body"])["__type"]).rsplit("#", 1)[-1]


def wire_code(service, error):
    """The code by which a modelled error arrives."""
    return error.metadata.get("error", {}).get("code", error.name) if service.protocol == "query" else error.name


def error(service, operation, response, walk):
    name = code(service, response)
    shape = next((shape for shape in operation.error_shapes if shape.name == name), None)
    if shape is None or service.protocol == "query":
        return
    stated = {"__type", "message"} - set(shape.members)
    body = {member: value for member, value in json.loads(response["body"]).items() if member not in stated}
    walk.json(shape, body, name)


def bare(element):
    return element.tag.rsplit("}", 1)[-1]


def wrapped(root, name):
    return root.tag.rsplit("}", 1)[0] + "}" + name if "}" in root.tag else name


# Lists that the model requires and that SQS leaves out where they are empty.
LEFT_OUT_WHEN_EMPTY = {"Failed", "Successful"}


class Walk:
    def __init__(self, protocol, found, whole=True):
        self.protocol = protocol
        self.found = found
        self.whole = whole

    def wrong(self, path, what):
        self.found.append(f"{path}: {what}")

    def json(self, shape, value, path):
        if value is None:
            return self.wrong(path, "null, where AWS leaves the member out")
        check = getattr(self, "json_" + shape.type_name, None)
        if check is None:
            return self.wrong(path, f"no check for the type {shape.type_name}")
        return check(shape, value, path)

    def json_structure(self, shape, value, path):
        if not isinstance(value, dict):
            return self.wrong(path, f"{value!r} is no structure")
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        for name, inner in value.items():
            if name in names:
                self.json(shape.members[names[name]], inner, f"{path}.{name}")
            else:
                self.wrong(path, f"a member {name} that {shape.name} has not: {inner!r}")
        for name in shape.required_members if self.whole else ():
            written = shape.members[name].serialization.get("name", name)
            if written in LEFT_OUT_WHEN_EMPTY and shape.members[name].type_name == "list":
                continue
            if written not in value and shape.members[name].serialization.get("location") is None:
                self.wrong(path, f"no {written}, which {shape.name} requires")
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            self.wrong(path, f"a union with {len(value)} members")

    def json_list(self, shape, value, path):
        if not isinstance(value, list):
            return self.wrong(path, f"{value!r} is no list")
        for position, inner in enumerate(value):
            self.json(shape.member, inner, f"{path}[{position}]")

    def json_map(self, shape, value, path):
        if not isinstance(value, dict):
            return self.wrong(path, f"{value!r} is no map")
        for key, inner in value.items():
            self.json(shape.key, key, f"{path} key {key}")
            self.json(shape.value, inner, f"{path}.{key}")

    def json_string(self, shape, value, path):
        if not isinstance(value, str):
            self.wrong(path, f"{value!r} is no string")
        elif shape.enum and value not in shape.enum:
            self.wrong(path, f"{value!r} is none of {shape.enum}")

    def json_integer(self, shape, value, path):
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(path, f"{value!r} is no whole number")

    json_long = json_integer

    def json_double(self, shape, value, path):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            self.wrong(path, f"{value!r} is no number")

    json_float = json_double

    def json_boolean(self, shape, value, path):
        if not isinstance(value, bool):
            self.wrong(path, f"{value!r} is neither true nor false")

    def json_blob(self, shape, value, path):
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError, ValueError):
            self.wrong(path, f"{value!r} is not base64")

    def json_timestamp(self, shape, value, path):
        form = shape.serialization.get("timestampFormat", "unixTimestamp")
        if form == "unixTimestamp":
            self.json_double(shape, value, path)
        elif not (isinstance(value, str) and ISO.fullmatch(value)):
            self.wrong(path, f"{value!r} is not in the form {form}")

    def xml(self, shape, element, path):
        if element is None:
            return self.wrong(path, "missing")
        kind = shape.type_name
        if kind == "structure":
            names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
            for child in element:
                if bare(child) in names:
                    self.xml(names[bare(child)], child, f"{path}.{bare(child)}")
                else:
                    self.wrong(path, f"an element {bare(child)} that {shape.name} has not")
            there = {bare(child) for child in element}
            for name in shape.required_members:
                if shape.members[name].serialization.get("name", name) not in there:
                    self.wrong(path, f"no {name}, which {shape.name} requires")
        elif kind == "list":
            entry = shape.member.serialization.get("name", "member")
            for child in element:
                if bare(child) != entry:
                    self.wrong(path, f"an entry called {bare(child)}, not {entry}")
                self.xml(shape.member, child, f"{path}.{entry}")
        elif kind in ("integer", "long") and not re.fullmatch(r"-?\d+", element.text or ""):
            self.wrong(path, f"{element.text!r} is no whole number")
        elif kind == "boolean" and element.text not in ("true", "false"):
            self.wrong(path, f"{element.text!r} is neither true nor false")
        elif kind == "timestamp" and not ISO.fullmatch(element.text or ""):
            self.wrong(path, f"{element.text!r} is no instant")
        elif kind == "string" and shape.enum and element.text not in shape.enum:
            self.wrong(path, f"{element.text!r} is none of {shape.enum}")

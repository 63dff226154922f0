#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compares recorded HTTP exchanges with an OpenAPI 3.1 document.

    openapi.py DOCUMENT                 the document itself: references, schemas, examples
    openapi.py DOCUMENT DIR             each DIR/*.meta: "METHOD PATH STATUS", beside it *.head
                                        (header fields as curl -D writes them) and *.body

Prints what is wrong; exit code 1 where anything is.
"""
import json
import pathlib
import sys
import warnings

import jsonschema
import yaml

# The resolver that Debian 12 has is deprecated in later versions.
warnings.filterwarnings("ignore", category=DeprecationWarning)

faults = []


def fault(where, text):
    faults.append(f"{where}: {text}")


class Document:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.root = yaml.safe_load(f)
        self.resolver = jsonschema.RefResolver("", self.root)

    def get(self, node):
        """Follows $ref."""
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def validate(self, where, schema, value):
        checker = jsonschema.Draft202012Validator(
            schema, resolver=self.resolver, format_checker=jsonschema.FormatChecker())
        for e in checker.iter_errors(value):
            fault(where, f"{e.message[:300]} at /{'/'.join(map(str, e.absolute_path))}")

    def operations(self):
        for path, item in self.root["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def check(self):
        for name, schema in self.root["components"]["schemas"].items():
            try:
                jsonschema.Draft202012Validator.check_schema(schema)
            except jsonschema.SchemaError as e:
                fault(name, e.message)
        self.check_refs(self.root, "")
        for path, method, operation in self.operations():
            body = operation.get("requestBody", {})
            answers = [self.get(a) for a in operation["responses"].values()]
            for content in [body.get("content", {})] + [a.get("content", {}) for a in answers]:
                for media in content.values():
                    for name, example in media.get("examples", {}).items():
                        self.validate(f"{method} {path} example {name}", media["schema"],
                                      example["value"])

    def check_refs(self, node, where):
        if isinstance(node, dict):
            if "$ref" in node:
                try:
                    self.resolver.resolve(node["$ref"])
                except jsonschema.RefResolutionError as e:
                    fault(where, str(e))
            for key, value in node.items():
                self.check_refs(value, f"{where}/{key}")
        elif isinstance(node, list):
            for i, value in enumerate(node):
                self.check_refs(value, f"{where}/{i}")

    def answer_of(self, method, path, status):
        """What the document says of this answer; None where it says nothing."""
        operations = self.root["paths"].get(path)
        if operations is None:
            return self.root["components"]["responses"]["NotFound"] if status == "404" else None
        if status == "405":
            return self.root["components"]["responses"]["MethodNotAllowed"]
        operation = operations.get("get" if method == "HEAD" else method.lower())
        return self.get(operation["responses"].get(status)) if operation else None

    def check_exchange(self, meta):
        method, path, status = meta.read_text().split()
        where = f"{meta.name}: {method} {path} {status}"
        answer = self.answer_of(method, path.split("?")[0], status)
        if answer is None:
            fault(where, "the document does not know this answer")
            return
        fields = {}
        # After "100 Continue" the last block counts.
        block = meta.with_suffix(".head").read_text().strip().split("\n\n")[-1]
        for line in block.splitlines()[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        for name, header in answer.get("headers", {}).items():
            header = self.get(header)
            if name.lower() not in fields:
                if header.get("required"):
                    fault(where, f"{name} is missing")
                continue
            self.validate(f"{where} {name}", header["schema"], fields[name.lower()])
        if method == "HEAD":
            return
        media_type = fields.get("content-type", "").split(";")[0]
        media = answer["content"].get(media_type)
        if media is None:
            fault(where, f"Content-Type {media_type} is not described")
            return
        try:
            body = json.loads(meta.with_suffix(".body").read_text())
        except ValueError as e:
            fault(where, f"the body is not JSON: {e}")
            return
        self.validate(where, media["schema"], body)
        if "problem" in media_type and str(body.get("status")) != status:
            fault(where, f"the problem says status {body.get('status')}")
        if "problem" in media_type and body.get("request_id") != fields.get("x-request-id"):
            fault(where, "request_id is not X-Request-Id")


def main():
    document = Document(sys.argv[1])
    document.check()
    n = 0
    for meta in sorted(pathlib.Path(sys.argv[2]).glob("*.meta")) if len(sys.argv) > 2 else ():
        document.check_exchange(meta)
        n += 1
    if len(sys.argv) > 2 and not n:
        fault(sys.argv[2], "no exchange was recorded")
    for text in faults:
        print(text)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

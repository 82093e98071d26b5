#!/usr/bin/env python3
"""Checks every locked dependency's licence against deny.toml, offline.

cargo-deny does the same and more where it is installed; this needs nothing but cargo.
"""
import json
import re
import subprocess
import sys
import tomllib

allowed = set(tomllib.load(open("deny.toml", "rb"))["licenses"]["allow"])
metadata = json.loads(subprocess.run(
    ["cargo", "metadata", "--format-version", "1", "--locked"],
    check=True, capture_output=True).stdout)


def permitted(expression: str) -> bool:
    """An SPDX expression, or the old form with slashes, read as 'OR of ANDs'."""
    expression = expression.replace("/", " OR ").replace("(", " ( ").replace(")", " ) ")
    tokens = re.findall(r"\(|\)|OR|AND|(?:(?!\bOR\b|\bAND\b)[^()\s]+(?: WITH [^()\s]+)?)", expression)
    python = " ".join(
        token if token in "()" else token.lower() if token in ("OR", "AND") else str(token in allowed)
        for token in tokens)
    return eval(python, {"__builtins__": {}})  # only True, False, and, or, parentheses


wrong = [
    f'{package["name"]} {package["version"]}: {package["license"]}'
    for package in metadata["packages"]
    if package["source"] and not (package["license"] and permitted(package["license"]))
]
print("\n".join(wrong) or f'{len(metadata["packages"])} packages, all licences permitted')
sys.exit(bool(wrong))

"""Turns what the YAML parser complains about into words for people."""

import yaml

from clusterd.config.diagnostic import Code, Span
from clusterd.config.report import Report, split_lines

_WORDS = (
    (
        "mapping values are not allowed",
        "a second `:` in one value, or a line that is indented too far",
        "put the text in quotes, or line it up with its neighbours",
    ),
    (
        "expected <block end>",
        "this line is not indented like its neighbours",
        "keys of one mapping and items of one list begin in the same column",
    ),
    (
        "could not find expected ':'",
        "no `:` follows this key",
        "write `key: value`",
    ),
    (
        "did not find expected key",
        "this line is not indented like its neighbours",
        "keys of one mapping begin in the same column",
    ),
    (
        "expected ',' or",
        "a bracket or brace is not closed before this",
        "close it, or put text with brackets in quotes",
    ),
    (
        "sequence entries are not allowed",
        "a list item cannot begin here",
        "put `-` on a line of its own, indented below its key",
    ),
    (
        "found unexpected end of stream",
        "this value is never closed",
        "close the quotation mark",
    ),
    (
        "found duplicate anchor",
        "this anchor exists already",
        None,
    ),
    (
        "found unknown escape character",
        "a backslash sequence that YAML does not know",
        "use single quotes, or double the backslash",
    ),
)


def explain(fault: Exception, text: str, last: Span, report: Report) -> None:
    """Report a parser fault. `last` is where reading stood before it."""
    if isinstance(fault, yaml.reader.ReaderError):
        _unprintable(fault, text, report)
    elif isinstance(fault, yaml.MarkedYAMLError) and fault.problem_mark is not None:
        _marked(fault, fault.problem_mark, text, report)
    else:
        report.error(Code.SYNTAX, f"this is not YAML: {fault}", last)


def _unprintable(fault: yaml.reader.ReaderError, text: str, report: Report) -> None:
    before = split_lines(text[: fault.position])
    report.error(
        Code.ENCODING,
        f"character U+{ord(text[fault.position]):04X} cannot stand in YAML",
        Span(len(before), len(before[-1]) + 1),
        'remove it, or write it as an escape in double quotes ("\\x1b")',
    )


def _marked(
    fault: yaml.MarkedYAMLError, mark: yaml.Mark, text: str, report: Report
) -> None:
    problem = fault.problem or "unreadable"
    if "unexpected end of stream" in problem and fault.context_mark is not None:
        # What was never closed is at its beginning, not at the end of the file.
        mark = fault.context_mark
    at = Span(mark.line + 1, mark.column + 1)
    if _has_tab(text, mark):
        report.error(
            Code.TAB,
            "a tab stands where YAML wants spaces",
            at,
            "indent with spaces only",
        )
        return
    for sign, message, hint in _WORDS:
        if sign in problem:
            report.error(Code.SYNTAX, message + _since(fault, at), at, hint)
            return
    if "cannot start any token" in problem:
        report.error(
            Code.SYNTAX, f"this character begins no value ({problem})", at, "quote it"
        )
        return
    report.error(Code.SYNTAX, f"this is not YAML: {problem}", at)


def _since(fault: yaml.MarkedYAMLError, at: Span) -> str:
    """Name the line where the broken value began, if that is another one."""
    begun = fault.context_mark
    if begun is None or begun.line + 1 == at.line:
        return ""
    return f" (it begins at line {begun.line + 1})"


def _has_tab(text: str, mark: yaml.Mark) -> bool:
    """Tell whether the fault is at a tab, or its line is indented with one."""
    start = text.rfind("\n", 0, mark.index) + 1
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    indent = line[: len(line) - len(line.lstrip())]
    return "\t" in indent or text[mark.index : mark.index + 1] == "\t"

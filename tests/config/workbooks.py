"""Small workbooks, written part by part, so that a cell can be what no library would write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from msgspec import Struct

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Day(Struct, frozen=True):
    """A real date, as the number of days by which the spreadsheet counts."""

    number: float


class Formula(Struct, frozen=True):
    """A formula as a program writes it that does not compute: without its value."""

    value: str = "<v></v>"
    kind: str = ""


class Failed(Struct, frozen=True):
    """What a formula gave that failed."""

    said: str


def xlsx(rows: Iterable[Sequence[Any]], *, since_1904: bool = False, name: str = "Plan") -> bytes:
    body = "".join(
        f'<row r="{n}">{"".join(_cell(f"{chr(65 + c)}{n}", v) for c, v in enumerate(row))}</row>'
        for n, row in enumerate(rows, 1)
    )
    links = f'<Relationships xmlns="{_PACKAGE}/relationships">'
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/></Types>',
            "_rels/.rels": f'{links}<Relationship Id="a" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
            "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_DOCUMENT}"><workbookPr date1904="{int(since_1904)}"/>'
            f'<sheets><sheet name="Notes" sheetId="2" r:id="n"/><sheet name="{name}" sheetId="1" r:id="p"/></sheets>'
            "</workbook>",
            "xl/_rels/workbook.xml.rels": links
            + f'<Relationship Id="n" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet2.xml"/>'
            f'<Relationship Id="p" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="s" Type="{_DOCUMENT}/styles" Target="styles.xml"/></Relationships>',
            "xl/styles.xml": f'<styleSheet {_MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/>'
            "</cellXfs></styleSheet>",
            "xl/worksheets/sheet1.xml": f"<worksheet {_MAIN}><sheetData>{body}</sheetData></worksheet>",
            "xl/worksheets/sheet2.xml": f"<worksheet {_MAIN}><sheetData/></worksheet>",
        }
    )


def ods(rows: Iterable[Sequence[str]]) -> bytes:
    cells = (
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(v)}</text:p></table:table-cell>' for v in row
        )
        + "</table:table-row>"
        for row in rows
    )
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{p}="{urn}:{p}:1.0"' for p in ("office", "table", "text"))
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{urn}:manifest:1.0"/>',
            "content.xml": f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="Plan">{"".join(cells)}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


def _cell(place: str, value: Any) -> str:
    match value:
        case None:
            return ""
        case Day(number):
            return f'<c r="{place}" s="1"><v>{number}</v></c>'
        case Formula(value, kind):
            return f'<c r="{place}" s="1"{kind}><f>A9</f>{value}</c>'
        case Failed(said):
            return f'<c r="{place}" t="e"><f>A9</f><v>{said}</v></c>'
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{value}</v></c>'
        case _:
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def archive(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()

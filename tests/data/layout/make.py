#!/usr/bin/env python3
"""Makes the documents of this folder with LibreOffice, and truth.json with what is wrong.

The way of clerks: a table without borders for the head and for the foot, drawn lines,
paragraphs with an indent, the page number in the header. Names and matters are invented.
Wants `soffice` (Debian: libreoffice-writer-nogui); the fonts are those of the program, which
LibreOffice takes for Times New Roman.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unicodedata
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent

# Sizes and styles: size, bold, italic.
LOOKS = {
    "superior-agency": (13, 0, 0), "issuing-agency": (13, 1, 0), "national-title": (13, 1, 0),
    "motto": (14, 1, 0), "number-notation": (13, 0, 0), "place-date": (13, 0, 1),
    "letter-subject": (12, 0, 0), "type-name": (14, 1, 0), "subject": (14, 1, 0),
    "addressees": (14, 0, 0), "authority-line": (14, 1, 0), "legal-bases": (14, 0, 1),
    "body": (14, 0, 0), "signer-title": (14, 1, 0), "signer-name": (14, 1, 0),
    "recipients-title": (12, 1, 1), "recipients": (11, 0, 0), "page-number": (14, 0, 0),
    "annex-head": (14, 1, 0), "annex-guide": (14, 0, 1),
}

BASE = {
    "type": "QĐ", "superior": [], "issuer": ["ỦY BAN NHÂN DÂN", "XÃ VĨNH THUẬN"],
    "nation": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "motto": "Độc lập - Tự do - Hạnh phúc",
    "number": "Số: 128/QĐ-UBND", "notation": "QĐ-UBND",
    "date": "Vĩnh Thuận, ngày 09 tháng 11 năm 2026",
    "type_name": "QUYẾT ĐỊNH",
    "subject": "Về việc thành lập Tổ công nghệ số cộng đồng xã Vĩnh Thuận",
    "about": "", "addressees": [], "addressed": "Kính gửi:",
    "decider": "CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ VĨNH THUẬN",
    "bases": ["Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;",
              "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;",
              "Theo đề nghị của Trưởng phòng Văn hóa - Xã hội."],
    "enacting": "QUYẾT ĐỊNH:", "body": [], "long": 0,
    "authority": ["TM. ỦY BAN NHÂN DÂN"], "position": "CHỦ TỊCH", "name": "Lâm Quốc Thái",
    "recipients_head": "Nơi nhận:",
    "recipients": ["- Như Điều 3;", "- Thường trực Đảng ủy, HĐND xã;", "- Lưu: VT, VHXH."],
    "font": "Times New Roman", "looks": {},
    "page": (210, 297), "margins": (20, 20, 30, 15), "lines": {"motto": 1.0, "issuing-agency": 0.42, "subject": 0.4},
    "indent": 12.7, "before": 6, "spacing": 115, "justify": True,
    "page_number": "top", "centre_motto": True, "annex": None, "nfd": False, "map": None,
}

SENTENCE = ("Giao Phòng Văn hóa - Xã hội chủ trì, phối hợp với Văn phòng và các ấp hướng dẫn người dân "
            "sử dụng dịch vụ công trực tuyến, thanh toán không dùng tiền mặt và bảo đảm an toàn thông tin "
            "trên môi trường mạng; định kỳ hằng tháng tổng hợp kết quả, khó khăn và kiến nghị.")


def articles(count):
    texts = ["Thành lập Tổ công nghệ số cộng đồng xã gồm 09 thành viên, hoạt động kiêm nhiệm theo quy chế "
             "do Tổ trưởng ban hành.",
             SENTENCE,
             "Chánh Văn phòng, Trưởng phòng Văn hóa - Xã hội, các cơ quan có liên quan và các thành viên "
             "chịu trách nhiệm thi hành Quyết định này kể từ ngày ký."]
    return [("Điều %d." % (n + 1), texts[n % 3]) for n in range(count)]


def paragraphs(count):
    first = ("Thực hiện kế hoạch công tác năm 2026, Ủy ban nhân dân xã Vĩnh Thuận tổ chức rà soát, đánh giá "
             "kết quả các nhiệm vụ được giao và đề nghị các cơ quan, đơn vị triển khai một số nội dung sau:")
    return [("", first)] + [("", "%d. %s" % (n + 1, SENTENCE)) for n in range(count)]


KINDS = {
    "QĐ": dict(body=articles(3)),
    "QĐ-long": dict(body=articles(14), number="Số: 07/QĐ-UBND"),
    "CV": dict(type="CV", number="Số: 215/UBND-VP", notation="UBND-VP", type_name="", subject="", decider="",
               bases=[], enacting="", about="V/v tăng cường phòng cháy, chữa cháy mùa khô năm 2027",
               addressees=["- Các phòng, ban thuộc xã;", "- Trưởng các ấp trên địa bàn xã."], body=paragraphs(3),
               recipients=["- Như trên;", "- Chủ tịch, các Phó Chủ tịch;", "- Lưu: VT."]),
    "BC": dict(type="BC", number="Số: 44/BC-UBND", notation="BC-UBND", type_name="BÁO CÁO",
               subject="Kết quả thực hiện công tác cải cách hành chính tháng 10 năm 2026", decider="", bases=[],
               enacting="", body=paragraphs(10),
               authority=["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"], position="PHÓ CHỦ TỊCH", name="Phan Thị Cẩm Tú"),
    "TB": dict(type="TB", superior=["UBND TỈNH AN GIANG"], issuer=["SỞ KHOA HỌC VÀ CÔNG NGHỆ"],
               number="Số: 09/TB-SKHCN", notation="TB-SKHCN", date="An Giang, ngày 12 tháng 01 năm 2026",
               type_name="THÔNG BÁO", subject="Về việc tiếp nhận hồ sơ đăng ký nhiệm vụ khoa học và công nghệ",
               decider="", bases=[], enacting="", body=paragraphs(4), authority=["KT. GIÁM ĐỐC"],
               position="PHÓ GIÁM ĐỐC", name="Đoàn Minh Triết"),
}


def style(look):
    size, bold, italic = look
    return (f'fo:font-size="{size}pt" style:font-size-asian="{size}pt" '
            f'fo:font-weight="{"bold" if bold else "normal"}" fo:font-style="{"italic" if italic else "normal"}"')


def fodt(d):
    looks = dict(LOOKS, **d["looks"])
    bottom_number = d["page_number"] == "bottom"
    top, bottom, left, right = d["margins"]
    measure = d["page"][0] - left - right
    styles, body = [], []

    def para_style(name, look, align="center", extra="", text=""):
        styles.append(
            f'<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties '
            f'fo:text-align="{align}" {extra}/><style:text-properties style:font-name="F" {style(look)}/></style:style>')

    def width(text, component):
        # Near enough for a drawn line: half an em a letter, more for capitals and bold.
        size, bold, _ = looks[component]
        em = sum(0.67 if c.isupper() else 0.25 if c in " .,-" else 0.47 for c in text) * (1.06 if bold else 1)
        return em * size * 25.4 / 72

    def clean(text):
        if d["map"]:
            text = "".join(d["map"].get(c, c) for c in text)
        return escape(unicodedata.normalize("NFD" if d["nfd"] else "NFC", text))

    def p(name, text):
        return f'<text:p text:style-name="{name}">{text}</text:p>'

    def line(component, text):
        share = d["lines"].get(component)
        if not share:
            return ""
        length = min(width(text, component) * share, 110)
        return (f'<text:p text:style-name="rule"><draw:line text:anchor-type="as-char" draw:style-name="dl" '
                f'svg:x1="0mm" svg:y1="0mm" svg:x2="{length:.1f}mm" svg:y2="0mm"/></text:p>')

    for component in ("superior-agency", "issuing-agency", "national-title", "number-notation", "place-date",
                      "letter-subject", "type-name", "subject", "authority-line", "signer-title", "signer-name",
                      "annex-head", "annex-guide"):
        extra = 'fo:margin-top="6pt"' if component == "letter-subject" else ""
        para_style(component, looks[component], extra=extra)
    para_style("motto", looks["motto"], align="center" if d["centre_motto"] else "start")
    para_style("recipients-title", looks["recipients-title"], align="start")
    para_style("recipients", looks["recipients"], align="start")
    para_style("addressees", looks["addressees"], align="start", extra='fo:margin-left="40mm"')
    para_style("addressee", looks["addressees"], align="center", extra='fo:margin-top="6pt"')
    para_style("page-number", looks["page-number"], align="end" if bottom_number else "center")
    styles.append('<style:style style:name="rule" style:family="paragraph"><style:paragraph-properties '
                  'fo:text-align="center" fo:line-height="2mm"/><style:text-properties fo:font-size="2pt"/></style:style>')
    styles.append('<style:style style:name="gap" style:family="paragraph"><style:text-properties fo:font-size="14pt"/>'
                  '</style:style>')
    align = "justify" if d["justify"] else "start"
    para = f'fo:text-indent="{d["indent"]}mm" fo:margin-top="{d["before"]}pt" fo:line-height="{d["spacing"]}%"'
    para_style("body", looks["body"], align=align, extra=para)
    para_style("legal-bases", looks["legal-bases"], align=align, extra=para)
    size, _, italic = looks["body"]
    styles.append(f'<style:style style:name="b" style:family="text"><style:text-properties {style((size, 1, 0))}/>'
                  '</style:style>')
    styles.append('<style:style style:name="dl" style:family="graphic"><style:graphic-properties '
                  'svg:stroke-width="0.2mm" draw:stroke="solid" svg:stroke-color="#000000" '
                  'style:vertical-pos="middle" style:vertical-rel="line"/></style:style>')
    for name, part in (("c1", 0.37), ("c2", 0.63), ("c3", 0.48), ("c4", 0.52)):
        styles.append(f'<style:style style:name="{name}" style:family="table-column"><style:table-column-properties '
                      f'style:column-width="{measure * part:.1f}mm"/></style:style>')
    styles.append(f'<style:style style:name="t" style:family="table"><style:table-properties '
                  f'style:width="{measure}mm" table:align="margins"/></style:style>')
    styles.append('<style:style style:name="cell" style:family="table-cell"><style:table-cell-properties '
                  'fo:padding="0mm" fo:border="none"/></style:style>')
    # A row of the foot stays on one page.
    styles.append('<style:style style:name="r" style:family="table-row"><style:table-row-properties '
                  'fo:keep-together="always"/></style:style>')

    def table(rows, columns=("c1", "c2")):
        cells = "".join('<table:table-row table:style-name="r">' + "".join(
            f'<table:table-cell table:style-name="cell">{cell or p("gap", "")}</table:table-cell>' for cell in row) + "</table:table-row>"
            for row in rows)
        return ('<table:table table:style-name="t">' + "".join(f'<table:table-column table:style-name="{c}"/>'
                for c in columns) + cells + "</table:table>")

    agency = "".join(p("superior-agency", clean(x)) for x in d["superior"])
    agency += "".join(p("issuing-agency", clean(x)) for x in d["issuer"])
    agency += line("issuing-agency", max(d["issuer"], key=len)) if d["issuer"] else ""
    nation = p("national-title", clean(d["nation"])) if d["nation"] else ""
    nation += p("motto", clean(d["motto"])) + line("motto", d["motto"]) if d["motto"] else ""
    number = p("number-notation", clean(d["number"])) if d["number"] else ""
    number += p("letter-subject", clean(d["about"])) if d["about"] else ""
    date = p("place-date", clean(d["date"])) if d["date"] else ""
    body.append(table([[agency, nation], [number, date]]))
    if len(d["addressees"]) == 1:
        body.append(p("addressee", clean(f'{d["addressed"]} {d["addressees"][0]}')))
    elif d["addressees"]:
        body.append(p("gap", "") + p("addressees", clean(d["addressed"])))
        body += [p("addressees", clean(x)) for x in d["addressees"]]
    if d["type_name"] or d["subject"]:
        body.append(p("gap", ""))
    if d["type_name"]:
        body.append(p("type-name", clean(d["type_name"])))
    if d["subject"]:
        body.append(p("subject", clean(d["subject"])) + line("subject", d["subject"]))
    body.append(p("gap", ""))
    if d["decider"]:
        body.append(p("authority-line", clean(d["decider"])))
    body += [p("legal-bases", clean(x)) for x in d["bases"]]
    if d["enacting"]:
        body.append(p("gap", "") + p("authority-line", clean(d["enacting"])))
    for head, text in d["body"]:
        lead = f'<text:span text:style-name="b">{clean(head)}</text:span> ' if head else ""
        body.append(p("body", lead + clean(text)))
    body.append(p("gap", ""))
    receivers = p("recipients-title", clean(d["recipients_head"])) if d["recipients_head"] else ""
    receivers += "".join(p("recipients", clean(x)) for x in d["recipients"])
    signed = "".join(p("signer-title", clean(x)) for x in d["authority"] + [d["position"]] if x)
    signed += p("gap", "") * 4 + (p("signer-name", clean(d["name"])) if d["name"] else "")
    body.append(table([[receivers, signed]], ("c3", "c4")))
    if d["annex"]:
        styles.append(f'<style:style style:name="annex-first" style:family="paragraph" '
                      f'style:parent-style-name="annex-head"><style:paragraph-properties fo:text-align="center" '
                      f'fo:break-before="page"/><style:text-properties style:font-name="F" {style((14, 1, 0))}/>'
                      '</style:style>')
        head, title, guide = d["annex"]
        body.append(p("annex-first", clean(head)))
        body.append(p("annex-head", clean(title)) if title else "")
        body.append(p("annex-guide", clean(guide)) if guide else "")
        body += [p("body", clean(SENTENCE))] * 2

    number_p = '<text:p text:style-name="page-number"><text:page-number/></text:p>'
    header = f'<style:header>{number_p}</style:header>' if d["page_number"] == "top" else ""
    footer = f'<style:footer>{number_p}</style:footer>' if bottom_number else ""
    size = f'fo:page-width="{d["page"][0]}mm" fo:page-height="{d["page"][1]}mm"'
    sides = f'fo:margin-left="{left}mm" fo:margin-right="{right}mm"'
    head_style = ('<style:header-style><style:header-footer-properties svg:height="10mm" fo:margin-bottom="2mm"/>'
                  '</style:header-style>') if header else ""
    foot_style = ('<style:footer-style><style:header-footer-properties svg:height="10mm" fo:margin-top="2mm"/>'
                  '</style:footer-style>') if footer else ""
    over, under = (top - 10 if header else top), (bottom - 10 if footer else bottom)
    return f'''<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:font-face-decls><style:font-face style:name="F" svg:font-family="'{d["font"]}'"/></office:font-face-decls>
<office:automatic-styles>
<style:page-layout style:name="first"><style:page-layout-properties {size} {sides} fo:margin-top="{top}mm" fo:margin-bottom="{bottom}mm"/></style:page-layout>
<style:page-layout style:name="next"><style:page-layout-properties {size} {sides} fo:margin-top="{over}mm" fo:margin-bottom="{under}mm"/>{head_style}{foot_style}</style:page-layout>
<style:style style:name="start" style:family="paragraph" style:master-page-name="First"><style:text-properties fo:font-size="2pt"/></style:style>
{"".join(styles)}
</office:automatic-styles>
<office:master-styles>
<style:master-page style:name="First" style:page-layout-name="first" style:next-style-name="Standard"/>
<style:master-page style:name="Standard" style:page-layout-name="next">{header}{footer}</style:master-page>
</office:master-styles>
<office:body><office:text>{"".join(body).replace('<table:table table:style-name="t">', '<table:table table:style-name="t0">', 1)}</office:text></office:body>
</office:document>'''.replace('<style:style style:name="t" style:family="table">',
                              f'<style:style style:name="t0" style:family="table" style:master-page-name="First">'
                              f'<style:table-properties style:width="{measure}mm" table:align="margins"/></style:style>'
                              '<style:style style:name="t" style:family="table">')


def look(component, size=None, bold=None, italic=None):
    was = LOOKS[component]
    return {"looks": {component: (size or was[0], was[1] if bold is None else bold, was[2] if italic is None else italic)}}


def lines(**other):
    return {"lines": dict(BASE["lines"], **{k.replace("_", "-"): v for k, v in other.items()})}


TCVN3 = dict(zip("áàảãạâấầẩẫậăắằẳẵặéèẻẽẹêếềểễệóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựíìỉĩịýỳỷỹỵđ",
                 "¸µ¶·¹©ÊÇÈÉË¨¾»¼½ÆÐÌÎÏÑªÕÒÓÔÖãßáâä«èåæç鬬íêëìîóïñòô­øõö÷ùÝ×ØÜÞýúûüþ®".replace("鬬", "é¬")))

# Name, kind, what is otherwise, what is to be found, what may be found beside it.
FAULTS = [
    ("paper", "BC", {"page": (216, 279)}, [("page-size", "")], []),
    ("left-20", "QĐ-long", {"margins": (20, 20, 20, 15)}, [("margin", "")], []),
    ("left-40", "BC", {"margins": (20, 20, 41, 15)}, [("margin", "")], []),
    ("right-10", "CV", {"margins": (20, 20, 30, 9)}, [("margin", "")], []),
    ("top-12", "TB", {"margins": (12, 20, 30, 15)}, [("margin", "")], []),
    ("bottom-10", "BC", {"margins": (20, 9, 30, 15)}, [("margin", "")], []),
    ("sans", "CV", {"font": "Noto Sans"}, [("font", "")],
     # The family has no italics and is wider.
     [("style", "place-date"), ("style", "recipients-title"), ("size", "recipients-title"), ("recipients", "recipients-title"), ("underline", "motto")]),
    ("no-motto", "QĐ", {"motto": ""}, [("missing", "motto")], []),
    ("no-number", "TB", {"number": ""}, [("missing", "number-notation")], []),
    ("no-date", "BC", {"date": ""}, [("missing", "place-date")], []),
    ("no-subject", "BC", {"subject": ""}, [("missing", "subject")], []),
    ("no-type", "TB", {"type_name": ""}, [("missing", "type-name")], [("missing", "subject")]),
    ("no-about", "CV", {"about": ""}, [("missing", "letter-subject")], []),
    ("no-addressees", "CV", {"addressees": []}, [("missing", "addressees")], []),
    ("no-recipients", "QĐ", {"recipients_head": "", "recipients": []}, [("missing", "recipients-title")], []),
    ("no-name", "QĐ", {"name": ""}, [("missing", "signer-name")], []),
    ("motto-dash", "CV", {"motto": "Độc lập – Tự do – Hạnh phúc"}, [("wording", "motto")], [("underline", "motto")]),
    ("motto-tight", "TB", {"motto": "Độc lập-Tự do-Hạnh phúc"}, [("wording", "motto")], [("underline", "motto")]),
    ("nation-words", "BC", {"nation": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT-NAM"}, [("wording", "national-title")], []),
    ("motto-12", "QĐ", look("motto", size=12), [("size", "motto")], [("pairing", "motto"), ("underline", "motto")]),
    ("nation-plain", "CV", look("national-title", bold=0), [("style", "national-title")], []),
    ("issuer-plain", "TB", look("issuing-agency", bold=0), [("style", "issuing-agency")], [("underline", "issuing-agency")]),
    ("superior-bold", "TB", look("superior-agency", bold=1), [("style", "superior-agency")], []),
    ("number-bold", "QĐ", look("number-notation", bold=1), [("style", "number-notation")], []),
    ("date-upright", "BC", look("place-date", italic=0), [("style", "place-date")], []),
    ("type-16", "BC", look("type-name", size=16), [("size", "type-name")], []),
    ("subject-plain", "QĐ", look("subject", bold=0), [("style", "subject")], [("underline", "subject")]),
    ("about-italic", "CV", look("letter-subject", italic=1), [("style", "letter-subject")], []),
    ("body-12", "CV", look("body", size=12), [("size", "body")], []),
    ("bases-upright", "QĐ", look("legal-bases", italic=0), [("style", "legal-bases")], []),
    ("title-plain", "TB", look("signer-title", bold=0), [("style", "signer-title")], []),
    ("name-12", "BC", look("signer-name", size=12), [("size", "signer-name")], []),
    ("recipients-14", "CV", look("recipients", size=14), [("size", "recipients")], []),
    ("recipients-head-plain", "QĐ", look("recipients-title", bold=0, italic=0), [("style", "recipients-title")], []),
    ("issuer-small", "QĐ", {"issuer": ["Ủy ban nhân dân", "xã Vĩnh Thuận"]}, [("capitals", "issuing-agency")], [("underline", "issuing-agency")]),
    ("type-small", "BC", {"type_name": "Báo cáo"}, [("capitals", "type-name")], []),
    ("name-capitals", "CV", {"name": "LÂM QUỐC THÁI"}, [("capitals", "signer-name")], []),
    ("no-line-motto", "BC", lines(motto=0), [("underline", "motto")], []),
    ("no-line-issuer", "CV", lines(issuing_agency=0), [("underline", "issuing-agency")], []),
    ("long-line-issuer", "QĐ", lines(issuing_agency=1.0), [("underline", "issuing-agency")], []),
    ("short-line-motto", "TB", lines(motto=0.5), [("underline", "motto")], []),
    ("no-line-subject", "TB", lines(subject=0), [("underline", "subject")], []),
    ("motto-left", "CV", {"centre_motto": False}, [("centred", "motto")], [("underline", "motto")]),
    ("number-colon", "CV", {"number": "Số 215/UBND-VP"}, [("number", "number-notation")], []),
    ("number-zero", "QĐ", {"number": "Số: 7/QĐ-UBND"}, [("number", "number-notation")], []),
    ("number-spaces", "BC", {"number": "Số: 44/BC - UBND"}, [("number", "number-notation")], []),
    ("notation-other", "TB", {"number": "Số: 09/BC-SKHCN"}, [("notation", "number-notation")], []),
    ("date-comma", "QĐ", {"date": "Vĩnh Thuận ngày 09 tháng 11 năm 2026"}, [("date", "place-date")], []),
    ("date-day", "CV", {"date": "Vĩnh Thuận, ngày 9 tháng 11 năm 2026"}, [("date", "place-date")], []),
    ("date-month", "BC", {"date": "Vĩnh Thuận, ngày 12 tháng 09 năm 2026"}, [("date", "place-date")], []),
    ("kind-other", "TB", {"type_name": "BÁO CÁO"}, [("kind", "type-name")], []),
    ("basis-comma", "QĐ", {"bases": [BASE["bases"][0][:-1] + ",", BASE["bases"][1], BASE["bases"][2]]}, [("bases", "legal-bases")], []),
    ("basis-last", "QĐ", {"bases": BASE["bases"][:2] + [BASE["bases"][2][:-1] + ";"]}, [("bases", "legal-bases")], []),
    ("no-indent", "BC", {"indent": 0}, [("indent", "body")], []),
    ("no-room", "BC", {"before": 0}, [("paragraph-spacing", "body")], []),
    ("double", "CV", {"spacing": 200}, [("line-spacing", "body")], []),
    ("ragged", "BC", {"justify": False}, [("justified", "body")], []),
    ("article-colon", "QĐ", {"body": [(h.replace(".", ":"), t) for h, t in articles(3)]}, [("article", "article")], []),
    ("degree", "TB", {"name": "TS. Đoàn Minh Triết"}, [("signer-name", "signer-name")], []),
    ("authority-dot", "QĐ", {"authority": ["TM ỦY BAN NHÂN DÂN"]}, [("authority", "signer-title")], []),
    ("no-deputy", "BC", {"position": "CHỦ TỊCH"}, [("authority", "signer-title")], []),
    ("recipients-plain", "CV", {"recipients": ["Như trên;", "- Lưu: VT."]}, [("recipients", "recipients")], []),
    ("recipients-commas", "QĐ", {"recipients": ["- Như Điều 3,", "- Thường trực HĐND xã,", "- Lưu: VT."]}, [("recipients", "recipients")], []),
    ("no-file-copy", "TB", {"recipients": ["- Như trên;", "- Giám đốc Sở."]}, [("file-copy", "recipients")], []),
    ("no-page-number", "QĐ-long", {"page_number": ""}, [("page-number", "")], []),
    ("page-number-foot", "BC", {"page_number": "bottom", "body": paragraphs(12)}, [("page-number", "")], []),
    ("annex-guide", "QĐ", {"annex": ("Phụ lục", "DANH SÁCH THÀNH VIÊN", "")}, [("annex", "")], []),
    ("annex-title", "QĐ", {"annex": ("Phụ lục", "Danh sách thành viên", "(Kèm theo Quyết định số 128/QĐ-UBND ngày 09 tháng 11 năm 2026)")}, [("annex", "")], []),
    ("decomposed", "CV", {"nfd": True}, [("decomposed", "")], []),
    ("tcvn3", "BC", {"body": [("", "".join(TCVN3.get(c, c) for c in t)) for _, t in paragraphs(5)]}, [("legacy", "")], []),
]

CLEAN = [
    ("clean-qd", "QĐ", {}), ("clean-qd-long", "QĐ-long", {}), ("clean-cv", "CV", {}), ("clean-bc", "BC", {}),
    ("clean-tb", "TB", {}),
    ("clean-cv-one", "CV", {"addressees": ["Sở Nội vụ tỉnh An Giang."]}),
    ("clean-blank", "QĐ", {"number": "Số:          /QĐ-UBND", "date": "Vĩnh Thuận, ngày      tháng 11 năm 2026"}),
    ("clean-margins", "BC", {"margins": (25, 25, 35, 20), "indent": 10, "spacing": 140}),
    ("clean-13", "QĐ", {"looks": {c: (13, LOOKS[c][1], LOOKS[c][2]) for c in ("body", "legal-bases", "authority-line", "type-name", "subject", "signer-title", "signer-name", "addressees")} | {"national-title": (12, 1, 0), "motto": (13, 1, 0), "superior-agency": (12, 0, 0), "issuing-agency": (12, 1, 0)}}),
    ("clean-annex", "QĐ", {"annex": ("Phụ lục", "DANH SÁCH THÀNH VIÊN", "(Kèm theo Quyết định số 128/QĐ-UBND ngày 09 tháng 11 năm 2026)")}),
]


FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>{fonts}</dir><cachedir>{cache}</cachedir>
<match target="pattern"><test name="family"><string>Times New Roman</string></test>
<edit name="family" mode="assign" binding="strong"><string>Liberation Serif</string></edit></match>
</fontconfig>"""


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        truth = []
        all_cases = [(n, k, o, [], []) for n, k, o in CLEAN] + FAULTS
        for name, kind, other, faults, also in all_cases:
            d = {**BASE, **KINDS[kind], **other}
            (folder / f"{name}.fodt").write_text(fodt(d), encoding="utf-8")
            truth.append({"file": f"{name}.pdf", "type": d["type"], "notation": d["notation"] if "notation-" not in name else KINDS[kind].get("notation", BASE["notation"]),
                          "faults": faults, "consequences": also})
        (folder / "fonts.conf").write_text(FONTS.format(fonts=HERE.parents[2] / "assets/fonts", cache=folder / "fc"))
        subprocess.run(["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
                        "pdf", "--outdir", str(HERE), *map(str, sorted(folder.glob("*.fodt")))],
                       check=True, stdout=sys.stderr, env=dict(os.environ, FONTCONFIG_FILE=str(folder / "fonts.conf")))
        (HERE / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

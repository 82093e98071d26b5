#!/usr/bin/env python3
"""Writes the drafts of this folder the way offices do: .docx by a word processor, tables for
head and foot, blanks as spaces, dots, underscores or tabs; then PDF by LibreOffice Writer.

    pip install python-docx; apt-get install --no-install-recommends libreoffice-writer-nogui
    python3 make.py FOLDER

The PDF files are kept here, so that nothing of this is needed to run the tests.
"""

import subprocess
import sys
from pathlib import Path

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.shared import Mm, Pt

FACE = "Liberation Serif"
LEFT, CENTRE, BOTH = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY


def page(width=210, height=297, landscape=False):
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(width), Mm(height)
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FACE, Pt(14)
    style.paragraph_format.space_after = Pt(0)
    return document


def put(place, text, size=14, align=LEFT, bold=False, italic=False, first=False, space=0):
    paragraph = place.paragraphs[0] if first else place.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(space)
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.bold, run.italic = FACE, Pt(size), bold, italic
    return paragraph


def head(document, number, date, subject=None, widths=(65, 100)):
    table = document.add_table(rows=2, cols=2)
    table.autofit = False
    for row in table.rows:
        for cell, width in zip(row.cells, widths):
            cell.width = Mm(width)
    (agency, nation), (code, place) = (row.cells for row in table.rows)
    put(agency, "ỦY BAN NHÂN DÂN", 13, CENTRE, first=True)
    put(agency, "XÃ TÂN BÌNH", 13, CENTRE, bold=True)
    put(nation, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 13, CENTRE, bold=True, first=True)
    put(nation, "Độc lập - Tự do - Hạnh phúc", 14, CENTRE, bold=True)
    put(code, number, 13, CENTRE, first=True, space=6)
    if subject:
        put(code, "V/v " + subject, 12, CENTRE)
    put(place, date, 14, CENTRE, italic=True, first=True, space=6)


def foot(document, receivers, signer, widths=(80, 85), gap=4):
    put(document, "", 6)
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    left, right = table.rows[0].cells
    left.width, right.width = (Mm(width) for width in widths)
    put(left, "Nơi nhận:", 12, bold=True, italic=True, first=True)
    for line in receivers:
        put(left, line, 11)
    *titles, name = signer
    for index, title in enumerate(titles):
        put(right, title, 14, CENTRE, bold=True, first=index == 0)
    for _ in range(gap):
        put(right, "", 14, CENTRE)
    put(right, name, 14, CENTRE, bold=True)


def body(document, *texts):
    for text in texts:
        paragraph = put(document, text, 14, BOTH, space=6)
        paragraph.paragraph_format.first_line_indent = Mm(12.7)


def title(document, name, subject):
    put(document, name, 14, CENTRE, bold=True, space=12)
    put(document, subject, 14, CENTRE, bold=True)


def decision():
    document = page()
    head(document, "Số:         /QĐ-UBND", "Tân Bình, ngày      tháng 11 năm 2026")
    title(document, "QUYẾT ĐỊNH", "Về việc kiện toàn Tổ chuyển đổi số cộng đồng")
    body(
        document,
        "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;",
        "Theo đề nghị của Trưởng phòng Văn hóa - Xã hội tại Tờ trình số 15/TTr-VHXH ngày 03 tháng 11 năm 2026.",
        "Điều 1. Kiện toàn Tổ chuyển đổi số cộng đồng xã Tân Bình do ông Nguyễn Văn Hòa, Chủ tịch Ủy ban nhân dân xã, làm Tổ trưởng.",
        "Điều 2. Tổ có trách nhiệm xây dựng kế hoạch hoạt động hằng năm và báo cáo Ủy ban nhân dân xã.",
        "Điều 3. Chánh Văn phòng, các đơn vị có liên quan và ông Nguyễn Văn Hòa chịu trách nhiệm thi hành Quyết định này.",
    )
    foot(
        document,
        ["- Như Điều 3;", "- Thường trực Đảng ủy;", "- Ông Nguyễn Văn Hòa;", "- Lưu: VT, VHXH."],
        ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Nguyễn Văn Hòa"],
    )
    return document


def letter():
    document = page()
    head(
        document,
        "Số: ……../UBND-VX",
        "Tân Bình, ngày ..... tháng ..... năm 2026",
        "báo cáo kết quả thực hiện cải cách hành chính quý IV",
    )
    put(document, "Kính gửi: Phòng Nội vụ.", 14, CENTRE, space=12)
    body(
        document,
        "Thực hiện Công văn số 215/UBND-NC ngày 02 tháng 10 năm 2026, Ủy ban nhân dân xã Tân Bình báo cáo như sau:",
        "Giao bà Trần Thị Mỹ Duyên, Phó Chủ tịch Ủy ban nhân dân xã, theo dõi, đôn đốc và chịu trách nhiệm trước Chủ tịch Ủy ban nhân dân xã.",
        "Trên đây là báo cáo của Ủy ban nhân dân xã Tân Bình./.",
    )
    foot(
        document,
        ["- Như trên;", "- Chủ tịch, các Phó Chủ tịch;", "- Bà Trần Thị Mỹ Duyên, Phó Chủ tịch;", "- Lưu: VT."],
        ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Trần Thị Mỹ Duyên"],
    )
    return document


def report():
    document = page()
    head(document, "Số: ____/TTr-UBND", "Tân Bình, ngày __ tháng __ năm 20…")
    title(document, "TỜ TRÌNH", "Về việc đề nghị hỗ trợ kinh phí sửa chữa đường liên ấp")
    put(document, "Kính gửi: Ủy ban nhân dân thành phố.", 14, CENTRE, space=12)
    body(
        document,
        "Hiện nay tuyến đường liên ấp dài 2,4 km đã xuống cấp, ảnh hưởng đến việc đi lại của 312 hộ dân.",
        "Ủy ban nhân dân xã Tân Bình kính trình xem xét, quyết định./.",
    )
    foot(
        document,
        ["- Như trên;", "- Lưu: VT, KT."],
        ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "ThS. Lê Hoàng Phúc"],
        gap=5,
    )
    return document


def invitation():
    document = page(width=297, height=210, landscape=True)
    head(document, "Số: 123/GM-UBND", "Tân Bình, ngày 05 tháng 11 năm 2026", widths=(100, 150))
    title(document, "GIẤY MỜI", "Dự họp Ban Chỉ đạo phòng, chống thiên tai")
    body(document, "Thời gian: 14 giờ 00 phút, ngày 09 tháng 11 năm 2026. Địa điểm: Hội trường Ủy ban nhân dân xã.")
    foot(
        document,
        ["- Như thành phần mời;", "- Lưu: VT."],
        ["TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG", "Phạm Quốc Khánh"],
        widths=(125, 125),
        gap=3,
    )
    return document


def plan():
    document = page()
    document.sections[0].header.paragraphs[0].text = "Kế hoạch của Ủy ban nhân dân xã Tân Bình"
    head(document, "Số:\t/KH-UBND", "Tân Bình, ngày \u00a0\u00a0\u00a0\u00a0 tháng \u00a0\u00a0\u00a0\u00a0 năm 2026")
    title(document, "KẾ HOẠCH", "Ứng phó mùa khô năm 2027")
    for number in range(1, 9):
        body(
            document,
            f"{number}. Giao các ấp rà soát nguồn nước, kiểm tra máy bơm, cống, đập; tổng hợp tình hình gửi về Ủy ban nhân dân xã trước ngày 20 hằng tháng để kịp thời chỉ đạo; phân công cán bộ trực tại các điểm xung yếu.",
        )
    body(document, "Người chịu trách nhiệm chung là đồng chí", )
    put(document, "Nguyễn Văn Hòa", 14, LEFT)
    foot(
        document,
        ["- Thường trực Đảng ủy;", "- Trưởng các ấp;", "- Lưu: VT."],
        ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Nguyễn Văn Hòa"],
    )
    document.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)
    put(document, "PHỤ LỤC", 14, CENTRE, bold=True)
    put(document, "Danh sách Ban Chỉ đạo", 14, CENTRE, bold=True)
    table = document.add_table(rows=4, cols=3)
    rows = [
        ("TT", "Họ và tên", "Chức vụ"),
        ("1", "Nguyễn Văn Hòa", "Trưởng ban"),
        ("2", "Trần Thị Mỹ Duyên", "Phó Trưởng ban"),
        ("3", "Phạm Quốc Khánh", "Thành viên"),
    ]
    for cells, row in zip(table.rows, rows):
        for cell, text in zip(cells.cells, row):
            put(cell, text, 13, CENTRE, first=True)
    return document


def contract():
    document = page(width=297, height=420)
    head(document, "Số: 07/BB-UBND", "Tân Bình, ngày 23 tháng 11 năm 2026", widths=(110, 140))
    title(document, "BIÊN BẢN", "Bàn giao trang thiết bị")
    body(document, "Đại diện bên giao: ông Lê Hoàng Phúc. Đại diện bên nhận: ông Phạm Quốc Khánh.")
    put(document, "", 10)
    table = document.add_table(rows=1, cols=2)
    for cell, titles, name in zip(
        table.rows[0].cells,
        (["ĐẠI DIỆN BÊN GIAO", "TRƯỞNG PHÒNG KINH TẾ"], ["ĐẠI DIỆN BÊN NHẬN", "CHÁNH VĂN PHÒNG"]),
        ("Lê Hoàng Phúc", "Phạm Quốc Khánh"),
    ):
        for index, line in enumerate(titles):
            put(cell, line, 14, CENTRE, bold=True, first=index == 0)
        for _ in range(4):
            put(cell, "", 14, CENTRE)
        put(cell, name, 14, CENTRE, bold=True)
    return document


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {
        "quyet-dinh": decision,
        "cong-van": letter,
        "to-trinh": report,
        "giay-moi-ngang": invitation,
        "ke-hoach-hai-trang": plan,
        "bien-ban-a3": contract,
    }
    for name, make in drafts.items():
        make().save(folder / f"{name}.docx")
    # One of them by way of the other format.
    convert(folder, "odt", [folder / "cong-van.docx"])
    sources = [folder / f"{name}.{'odt' if name == 'cong-van' else 'docx'}" for name in drafts]
    convert(folder, "pdf", sources)


def convert(folder, kind, sources):
    command = ["soffice", "--headless", "--convert-to", kind, "--outdir", str(folder)]
    subprocess.run([*command, *map(str, sources)], check=True, stdout=subprocess.DEVNULL)


main(Path(sys.argv[1]))

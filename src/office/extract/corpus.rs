//! Documents whose fields are known, to measure how well fields are read.
//!
//! They are made by the program's own typesetter, always the same ones: every named type of
//! the law, letters, many kinds of agencies, long names and abstracts, and the ways in which
//! real papers stray from the template. Names and matters are invented. Since program and
//! corpus come from one hand, its figures are an upper bound; documents that other programs
//! set are in the tests beside it.

pub(in crate::office) mod shape;

use jiff::civil::{Date, date};

use super::Field;
use crate::domain::document::{Code, Signer, Urgency};
use crate::domain::text::fold;
use crate::office::layout::{self, Part, Sheet};
use crate::pdf::{PdfError, compose as pdf};
use crate::rules::{DocumentType, Profile, TypeForm};
pub use shape::Shape;

/// One document, and what it says.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    sheet: Sheet,
    /// Type as the rule profile keys it.
    pub type_key: String,
    pub type_name: String,
    shape: Shape,
    /// To be looked at as a picture.
    pub scanned: bool,
}

impl Case {
    pub fn pdf(&self) -> Result<Vec<u8>, PdfError> {
        let mut composition = layout::composition(&self.sheet);
        self.shape.apply(&mut composition);
        pdf::compose(&composition)
    }

    /// What the page says in a field; empty where it says nothing.
    pub fn truth(&self, field: Field) -> String {
        let sheet = &self.sheet;
        let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        match field {
            Field::Type => self.type_name.clone(),
            Field::Number => sheet.code.number.clone(),
            Field::Notation => sheet.code.notation.clone(),
            Field::Date => sheet.date.map(super::value::shown_date).unwrap_or_default(),
            Field::Issuer => joined(&sheet.issuer),
            Field::Subject => sheet.subject.clone(),
            Field::Position => joined(&sheet.signer.position),
            Field::Signer => sheet.signer.full_name.clone(),
            Field::Competence => {
                let lines = sheet.signer.competence.lines().map(joined);
                lines.collect::<Vec<_>>().join("\n")
            }
            Field::Urgency => match sheet.urgency {
                Urgency::Normal => String::new(),
                urgency => crate::office::labels::urgency(urgency),
            },
            // Place and day stand on one line: without a day there is no place to read.
            Field::Place if sheet.date.is_some() => sheet.place.clone(),
            Field::Recipients => {
                let above = |place: &&String| {
                    let place = fold(place);
                    !place.starts_with("luu")
                        && (sheet.addressees.is_empty() || !place.starts_with("nhu tren"))
                };
                let listed = sheet.recipients.iter().filter(above);
                sheet.addressees.iter().chain(listed).cloned().collect::<Vec<_>>().join("; ")
            }
            Field::Place | Field::Pages | Field::Secrecy => String::new(),
        }
    }
}

/// Superior, issuer, abbreviation in notations, place.
const AGENCIES: [(&str, &str, &str, &str); 14] = [
    ("", "Ủy ban nhân dân\nxã Tân Bình", "UBND", "Tân Bình"),
    ("", "Ủy ban nhân dân\ntỉnh Hậu Giang", "UBND", "Hậu Giang"),
    ("", "Hội đồng nhân dân\nxã Tân Bình", "HĐND", "Tân Bình"),
    ("Ủy ban nhân dân\ntỉnh Hậu Giang", "Sở Nội vụ", "SNV", "Hậu Giang"),
    ("Ủy ban nhân dân\ntỉnh Hậu Giang", "Sở Nông nghiệp\nvà Môi trường", "SNNMT", "Hậu Giang"),
    ("UBND tỉnh Hậu Giang", "Sở Giáo dục và Đào tạo", "SGDĐT", "Vị Thanh"),
    ("UBND xã Tân Bình", "Phòng Kinh tế", "KT", "Tân Bình"),
    ("UBND huyện Phụng Hiệp", "Phòng Lao động - Thương binh\nvà Xã hội", "LĐTBXH", "Phụng Hiệp"),
    ("Bộ Tài chính", "Kho bạc Nhà nước\nkhu vực XIX", "KBKV19", "Thành phố Vị Thanh"),
    ("Công an tỉnh Hậu Giang", "Công an xã Tân Bình", "CAX", "Tân Bình"),
    ("Sở Y tế Hậu Giang", "Trung tâm Y tế\nkhu vực Phụng Hiệp", "TTYT", "Phụng Hiệp"),
    ("UBND xã Tân Bình", "Trường Tiểu học Tân Bình 1", "THTB1", "Tân Bình"),
    ("UBND tỉnh Hậu Giang", "Thanh tra tỉnh Hậu Giang", "TTT", "Hậu Giang"),
    ("", "Ủy ban Mặt trận Tổ quốc Việt Nam\nxã Tân Bình", "MTTQ", "Tân Bình"),
];

/// Authority, position, name.
const SIGNERS: [(&str, &str, &str); 9] = [
    ("TM. Ủy ban nhân dân", "Chủ tịch", "Nguyễn Văn Hòa"),
    ("TM. Ủy ban nhân dân\nKT. Chủ tịch", "Phó Chủ tịch", "Trần Thị Mỹ Duyên"),
    ("", "Giám đốc", "Lê Hoàng Phúc"),
    ("KT. Giám đốc", "Phó Giám đốc", "Đặng Thị Ngọc Hương"),
    ("TL. Chủ tịch", "Chánh Văn phòng", "Phạm Quốc Khánh"),
    ("", "Trưởng phòng", "Võ Minh Thành"),
    ("TUQ. Chủ tịch", "Trưởng phòng Kinh tế", "Huỳnh Thanh Tuyền"),
    ("", "Hiệu trưởng", "Ngô Thị Út"),
    ("TM. Ban Thường trực", "Chủ tịch", "Đoàn Thị Kim Ngân"),
];

const SUBJECTS: [&str; 10] = [
    "Về việc kiện toàn Ban Chỉ đạo phòng, chống thiên tai",
    "Kết quả rà soát hộ nghèo, hộ cận nghèo năm 2026",
    "Tăng cường công tác bảo đảm trật tự, an toàn giao thông trong dịp Tết Nguyên đán",
    "Về việc phân bổ kinh phí sự nghiệp giáo dục năm 2026 cho các trường trên địa bàn xã Tân Bình \
     và hướng dẫn thanh, quyết toán theo quy định của pháp luật về ngân sách nhà nước",
    "Tuyển chọn và gọi công dân nhập ngũ năm 2027",
    "Lịch tiếp công dân quý I năm 2027",
    "Thực hiện Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư",
    "Ứng dụng công nghệ thông tin, chuyển đổi số giai đoạn 2026 - 2030",
    "Về việc cử công chức tham dự lớp bồi dưỡng nghiệp vụ văn thư, lưu trữ",
    "Công bố danh mục thủ tục hành chính",
];

/// All documents, in a fixed order; the last ones are scans.
pub fn cases(profile: &Profile) -> Vec<Case> {
    let mut all = Vec::new();
    // Every named type once, agencies and signers in turn.
    let named = profile.document_types().iter().filter(|row| row.form == TypeForm::Named);
    for (turn, kind) in named.enumerate() {
        all.push(case(turn, kind, Shape::Plain));
    }
    // Every stray shape on a decision, a report, and a letter.
    let kinds = ["QĐ", "BC", "CV"];
    for (turn, shape) in Shape::ALL.into_iter().enumerate() {
        for (at, key) in kinds.iter().enumerate() {
            if let Some(kind) = profile.document_type(key).filter(|_| shape.fits(at == 2)) {
                all.push(case(3 * turn + at + 5, kind, shape));
            }
        }
    }
    for (turn, key) in ["QĐ", "CV", "TB", "KH", "CV", "BC", "TTr", "GM"].iter().enumerate() {
        if let Some(kind) = profile.document_type(key) {
            let made = case(7 * turn + 1, kind, Shape::Plain);
            all.push(Case { name: format!("scan-{turn}-{key}"), scanned: true, ..made });
        }
    }
    all
}

/// The text of one document of this type, always the same for a turn.
pub(in crate::office) fn sheet(turn: usize, kind: &DocumentType) -> Sheet {
    case(turn, kind, Shape::Plain).sheet
}

fn case(turn: usize, kind: &DocumentType, shape: Shape) -> Case {
    let letter = kind.form == TypeForm::Letter;
    let pick = |count: usize, step: usize| (turn * step + turn / count) % count;
    let agency = AGENCIES.get(pick(AGENCIES.len(), 1)).copied().unwrap_or_default();
    let (superior, issuer, abbreviation, place) = agency;
    let signer = SIGNERS.get(pick(SIGNERS.len(), 2)).copied().unwrap_or_default();
    let subject = SUBJECTS.get(pick(SUBJECTS.len(), 3)).copied().unwrap_or_default();
    let unit = letter.then_some("VP");
    // A letter's abstract begins with a small letter, behind `V/v`.
    let subject = match letter {
        true => small(subject.trim_start_matches("Về việc ")),
        false => subject.to_owned(),
    };
    let number = format!("{:02}", (turn * 37) % 900 + 1);
    let mut sheet = Sheet {
        superior: superior.to_owned(),
        issuer: issuer.to_owned(),
        code: Code { number, notation: kind.notation(abbreviation, unit) },
        place: place.to_owned(),
        date: Some(day(turn)),
        type_name: if letter { String::new() } else { kind.name.clone() },
        subject,
        urgency: match turn % 11 {
            3 => Urgency::Urgent,
            6 => Urgency::VeryUrgent,
            9 => Urgency::Express,
            _ => Urgency::Normal,
        },
        addressees: match (letter, turn % 3) {
            (true, 0) => vec!["Sở Nội vụ".to_owned()],
            (true, _) => ["Các phòng, ban thuộc xã", "Trưởng các ấp trên địa bàn xã"]
                .map(str::to_owned)
                .to_vec(),
            _ => Vec::new(),
        },
        bases: match kind.key.as_str() {
            "QĐ" | "NQ" => vec![
                "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025".to_owned(),
                "Theo đề nghị của Trưởng phòng Văn hóa - Xã hội tại Tờ trình số 15/TTr-VHXH"
                    .to_owned(),
            ],
            _ => Vec::new(),
        },
        enacting: if kind.key == "QĐ" { "Quyết định:".to_owned() } else { String::new() },
        body: body(turn),
        signer: Signer {
            competence: signer.0.to_owned(),
            position: signer.1.to_owned(),
            full_name: signer.2.to_owned(),
        },
        recipients: ["Như trên", "Thường trực Đảng ủy", "Ông Nguyễn Văn Hòa, Chủ tịch", "Lưu: VT"]
            .map(str::to_owned)
            .to_vec(),
        ..Sheet::default()
    };
    shape.prepare(&mut sheet);
    Case {
        name: format!("{turn:03}-{}-{}", kind.key, shape.key()),
        sheet,
        type_key: kind.key.clone(),
        type_name: kind.name.clone(),
        shape,
        scanned: false,
    }
}

/// Days over three years, none of them special.
fn day(turn: usize) -> Date {
    let (month, day) = (turn * 5 % 12 + 1, turn * 11 % 28 + 1);
    let number = |n: usize| i8::try_from(n).unwrap_or(1);
    let year = 2024 + i16::try_from(turn % 3).unwrap_or(0);
    Date::new(year, number(month), number(day)).unwrap_or(date(2026, 1, 1))
}

fn small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A text with dates, numbers and names in it that are not the document's.
fn body(turn: usize) -> Vec<Part> {
    let first = "Thực hiện Công văn số 215/UBND-NC ngày 02 tháng 10 năm 2026 của Ủy ban nhân dân \
                 tỉnh về việc triển khai nhiệm vụ trọng tâm, cơ quan đề nghị các đơn vị liên quan \
                 phối hợp thực hiện những nội dung sau đây.";
    let second = "Giao ông Nguyễn Văn An và bà Trần Thị Bé theo dõi, đôn đốc; báo cáo kết quả \
                  trước ngày 25 hằng tháng để tổng hợp.";
    let mut parts = vec![Part::Paragraph(first.to_owned()), Part::Paragraph(second.to_owned())];
    // Some run over to a second page.
    for at in 0..(turn % 4) * 5 {
        parts.push(Part::Paragraph(format!("{}. {second} {first}", at + 1)));
    }
    parts
}

//! How this office signs: the images of signature and seal, the services of time stamps, how long
//! signatures are to last, and with which of them the number is taken. Each part is shown to whom
//! the office lets set it.

mod image;
mod view;

use std::fmt;
use std::path::PathBuf;

use iced::Task;
use iced::widget::text_editor;

use super::choose;
use crate::desk::door::Door;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::verdict::Level;
use crate::office::set_up::{SigningLook, SigningOrder};
use crate::office::settings::{SEAL_MM, tsa_fault, usual_level};
use crate::rules::facts::NumberTaken;
use crate::t;
use image::{Chosen, Drawn, Image};

/// The fields' names for the keyboard.
const TSA: &str = "settings-tsa";
const SEAL_WIDTH: &str = "settings-seal-mm";

/// How the office signs, as it keeps it, with small pictures of the images.
#[derive(Debug, Clone)]
pub struct Kept {
    look: SigningLook,
    signature: Option<Drawn>,
    seal: Option<Drawn>,
}

/// What the person may set.
#[derive(Debug, Clone, Copy)]
struct Rights {
    signature: bool,
    seal: bool,
    office: bool,
}

impl Rights {
    fn of(door: &dyn Door) -> Self {
        Self {
            signature: door.may(Act::SignPersonally),
            seal: door.may(Act::Seal),
            office: door.may(Act::ManageAgencies),
        }
    }
}

/// Whether there is anything that the person may set.
pub fn concerns(door: &dyn Door) -> bool {
    let Rights { signature, seal, office } = Rights::of(door);
    signature || seal || office
}

impl Kept {
    pub fn of(door: &dyn Door) -> Result<Self, Problem> {
        let look = door.signing_look()?;
        // What cannot be drawn is there all the same.
        let drawn = |png: &Option<Vec<u8>>| png.as_deref().and_then(|png| Drawn::of(png).ok());
        Ok(Self { signature: drawn(&look.signature_image), seal: drawn(&look.seal_image), look })
    }
}

#[derive(Debug)]
pub struct Signing {
    rights: Rights,
    kept: SigningLook,
    signature: Image,
    seal: Image,
    /// Millimetres as typed; empty is the profile's size.
    mm: String,
    tsa: text_editor::Content,
    /// `None` until somebody chooses here.
    level: Option<Level>,
    number_taken: NumberTaken,
}

#[derive(Debug, Clone)]
pub enum Message {
    Browse(SignatureKind),
    Browsed(SignatureKind, Option<PathBuf>),
    Chosen(SignatureKind, Result<Chosen, Problem>),
    Removed(SignatureKind),
    Mm(String),
    Tsa(text_editor::Action),
    Level(LevelChoice),
    Number(NumberChoice),
    Submit,
}

/// A level by words that a clerk knows, and its name in the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelChoice(Level);

impl fmt::Display for LevelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self.0 {
            Level::Bb => t!("desk-settings-level-bb"),
            Level::Bt => t!("desk-settings-level-bt"),
            Level::Blt => t!("desk-settings-level-blt"),
            Level::Blta => t!("desk-settings-level-blta"),
        })
    }
}

/// With which signature the number is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberChoice(NumberTaken);

impl fmt::Display for NumberChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self.0 {
            NumberTaken::PersonalSignature => t!("desk-settings-number-personal"),
            NumberTaken::OrganisationSignature => t!("desk-settings-number-organisation"),
        })
    }
}

impl Signing {
    pub fn new(kept: Kept, door: &dyn Door) -> Self {
        let Kept { look, signature, seal } = kept;
        Self {
            rights: Rights::of(door),
            signature: Image::new(signature, look.signature_image.is_some()),
            seal: Image::new(seal, look.seal_image.is_some()),
            mm: look.seal_mm.map_or(String::new(), |mm| mm.to_string().replace('.', ",")),
            tsa: text_editor::Content::with_text(&look.tsa.join("\n")),
            level: None,
            number_taken: look.number_taken,
            kept: look,
        }
    }

    /// Where one types first, if anywhere.
    pub fn first(&self) -> Option<&'static str> {
        if self.rights.office { Some(TSA) } else { self.rights.seal.then_some(SEAL_WIDTH) }
    }

    fn image(&mut self, kind: SignatureKind) -> &mut Image {
        match kind {
            SignatureKind::Personal => &mut self.signature,
            SignatureKind::Organisation => &mut self.seal,
        }
    }

    /// `Ok(None)` is the profile's; `Err` is no width that a seal has.
    fn mm(&self) -> Result<Option<f32>, ()> {
        let typed = self.mm.trim().trim_end_matches("mm").trim().replace(',', ".");
        if typed.is_empty() {
            return Ok(None);
        }
        typed.parse().ok().filter(|mm| SEAL_MM.contains(mm)).map(Some).ok_or(())
    }

    fn tsa(&self) -> Vec<String> {
        let text = self.tsa.text();
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// The level that is in force once this is saved.
    fn level(&self) -> Level {
        let chosen = self.level.or(self.kept.level);
        chosen.unwrap_or_else(|| usual_level(!self.tsa().is_empty()))
    }

    /// The field that cannot be saved as it is.
    pub fn fault(&self) -> Option<&'static str> {
        if tsa_fault(&self.tsa()).is_some() {
            Some(TSA)
        } else {
            self.mm().is_err().then_some(SEAL_WIDTH)
        }
    }

    /// What is to be otherwise.
    pub fn change(&self) -> SigningOrder {
        let (tsa, mm) = (self.tsa(), self.mm().unwrap_or(self.kept.seal_mm));
        SigningOrder {
            signature_image: self.signature.instead(),
            seal_image: self.seal.instead(),
            seal_mm: (mm != self.kept.seal_mm).then_some(mm),
            tsa: (tsa != self.kept.tsa).then_some(tsa),
            level: self.level.filter(|level| Some(*level) != self.kept.level),
            number_taken: (self.number_taken != self.kept.number_taken)
                .then_some(self.number_taken),
        }
    }

    pub fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Browse(kind) => {
                let browsed = move |path| Message::Browsed(kind, path);
                return Task::perform(choose::image(), browsed);
            }
            Message::Browsed(kind, Some(path)) => {
                let read = crate::desk::ask(move || Chosen::read(&path, kind));
                return Task::perform(read, move |answer| Message::Chosen(kind, answer));
            }
            Message::Chosen(kind, answer) => self.image(kind).chosen(answer),
            Message::Removed(kind) => self.image(kind).removed(),
            Message::Mm(mm) => self.mm = mm,
            Message::Tsa(action) => self.tsa.perform(action),
            Message::Level(LevelChoice(level)) => self.level = Some(level),
            Message::Number(NumberChoice(taken)) => self.number_taken = taken,
            // What submits does so for all pages.
            Message::Browsed(_, None) | Message::Submit => {}
        }
        Task::none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signing(kept: SigningLook) -> Signing {
        let none = || Image::new(None, false);
        Signing {
            rights: Rights { signature: true, seal: true, office: true },
            signature: none(),
            seal: none(),
            mm: String::new(),
            tsa: text_editor::Content::with_text(&kept.tsa.join("\n")),
            level: None,
            number_taken: kept.number_taken,
            kept,
        }
    }

    fn kept() -> SigningLook {
        SigningLook {
            signature_image: None,
            seal_image: None,
            seal_mm: None,
            tsa: Vec::new(),
            level: None,
            number_taken: NumberTaken::PersonalSignature,
        }
    }

    #[test]
    fn what_nobody_touched_stays() {
        assert_eq!(signing(kept()).change(), SigningOrder::default());
        let kept = SigningLook { tsa: vec!["http://tsa.vn".to_owned()], ..kept() };
        let signing = signing(kept);
        // With a service the usual level is a lasting one, and stays the usual one.
        assert_eq!((signing.level(), signing.change()), (Level::Blt, SigningOrder::default()));
    }

    #[test]
    fn widths_are_those_of_seals() {
        let mut signing = signing(kept());
        for (typed, mm) in [("", None), ("36", Some(36.0)), (" 36,5 mm ", Some(36.5))] {
            signing.mm = typed.to_owned();
            assert_eq!(signing.mm(), Ok(mm), "{typed}");
        }
        for typed in ["9", "61", "to", "NaN", "-36"] {
            signing.mm = typed.to_owned();
            assert_eq!(signing.fault(), Some(SEAL_WIDTH), "{typed}");
        }
    }

    #[test]
    fn services_are_one_a_line() {
        let mut signing = signing(kept());
        signing.tsa = text_editor::Content::with_text("  http://tsa.vn/a \n\n https://b.vn\n");
        let change = signing.change();
        assert_eq!(change.tsa.unwrap(), ["http://tsa.vn/a", "https://b.vn"]);
        signing.tsa = text_editor::Content::with_text("http://tsa.vn/a\nkhong phai");
        assert_eq!(signing.fault(), Some(TSA));
    }
}

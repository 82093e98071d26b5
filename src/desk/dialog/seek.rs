//! Agencies of the directory, found while one types: for every dialog that names recipients.

use std::sync::Arc;
use std::time::Duration;

use iced::widget::{column, container, row};
use iced::{Center, Fill, Task};

use crate::desk::document::today;
use crate::desk::door::Door;
use crate::desk::theme::{self, Tone, size, space};
use crate::desk::widget::field::line;
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::press::{tool, wide};
use crate::desk::widget::{Element, text};
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::document::Recipient;
use crate::domain::problem::Problem;
use crate::t;

const TYPING: Duration = Duration::from_millis(150);
/// Agencies offered while one types.
const OFFERED: u32 = 6;

/// What is typed to find an agency, and what the directory offers for it.
#[derive(Debug)]
pub struct Seek {
    /// The name of the field.
    id: &'static str,
    words: String,
    offered: Vec<Agency>,
    at: usize,
    /// Numbers the questions to the directory.
    asked: u64,
}

#[derive(Debug, Clone)]
pub enum Message {
    Words(String),
    Ask(u64),
    Offered(u64, Result<Vec<Agency>, Problem>),
    Take(usize),
    /// Enter in the field.
    TakeChosen,
}

/// What came of a message.
pub enum Found {
    Nothing,
    Run(Task<Message>),
    Recipient(Recipient),
    Failed(Problem),
}

impl Seek {
    pub fn new(id: &'static str) -> Self {
        Self { id, words: String::new(), offered: Vec::new(), at: 0, asked: 0 }
    }

    pub fn words(&self) -> &str {
        self.words.trim()
    }

    pub fn offers_any(&self) -> bool {
        !self.offered.is_empty()
    }

    /// `taken` says who is not offered: whoever is chosen already, and oneself.
    pub fn update(
        &mut self,
        message: Message,
        taken: impl Fn(&AgencyCode) -> bool,
        door: &Arc<dyn Door>,
    ) -> Found {
        match message {
            Message::Words(words) => return self.typed(words),
            Message::Ask(asked) if asked == self.asked => {
                let (words, door) = (self.words().to_owned(), Arc::clone(door));
                let ask = crate::desk::ask(move || door.agencies(&words, OFFERED));
                return Found::Run(Task::perform(ask, move |answer| {
                    Message::Offered(asked, answer)
                }));
            }
            Message::Offered(asked, answer) if asked == self.asked => match answer {
                Ok(agencies) => self.offer(agencies, taken),
                Err(problem) => return Found::Failed(problem),
            },
            Message::Take(index) => return self.take(index),
            Message::TakeChosen => return self.take(self.at),
            // Asked before something else was typed.
            Message::Ask(_) | Message::Offered(..) => {}
        }
        Found::Nothing
    }

    pub fn typed(&mut self, words: String) -> Found {
        self.words = words;
        self.asked += 1;
        let asked = self.asked;
        if self.words().is_empty() {
            self.offered.clear();
            return Found::Nothing;
        }
        Found::Run(Task::perform(crate::desk::after(TYPING), move |()| Message::Ask(asked)))
    }

    fn offer(&mut self, mut agencies: Vec<Agency>, taken: impl Fn(&AgencyCode) -> bool) {
        agencies.retain(|agency| !taken(&agency.code));
        self.at = agencies.iter().position(stands).unwrap_or_default();
        self.offered = agencies;
    }

    fn take(&mut self, index: usize) -> Found {
        // Nothing is written to who is no more; it only says who goes on with its work.
        if !self.offered.get(index).is_some_and(stands) {
            return Found::Nothing;
        }
        let Agency { code, name, .. } = self.offered.remove(index);
        self.clear();
        Found::Recipient(Recipient { agency: code, name })
    }

    /// Nothing is searched for any more.
    pub fn clear(&mut self) {
        self.words.clear();
        self.offered.clear();
        self.at = 0;
        self.asked += 1;
    }

    /// The neighbour of the offered agency that Enter takes.
    pub fn step(&mut self, forward: bool) {
        let last = self.offered.len().saturating_sub(1);
        self.at = if forward { (self.at + 1).min(last) } else { self.at.saturating_sub(1) };
    }

    /// Since when an agency is no more, and who goes on with its work; `None` while it stands.
    fn ended(&self, agency: &Agency) -> Option<String> {
        let ending = agency.ended_by(today())?;
        let name = |code: &AgencyCode| {
            let known = self.offered.iter().find(|one| one.code == *code);
            known.map_or_else(|| code.to_string(), |one| one.name.clone())
        };
        let successors: Vec<String> = ending.successors.iter().map(name).collect();
        Some(t!(
            "desk-agency-ended",
            date = ending.on.strftime("%d/%m/%Y"),
            count = successors.len(),
            successors = successors.join("; ")
        ))
    }

    pub fn view(&self) -> Element<'_, Message> {
        let offered = self.offered.iter().enumerate().map(|(index, agency)| {
            let named = text(&agency.name).size(size::BODY).width(Fill);
            let words = match self.ended(agency) {
                None => column![named],
                Some(said) => column![
                    named.color(theme::INK_SOFT),
                    text(said).size(size::CAPTION).color(Tone::Warn.ink())
                ],
            };
            let content = row![
                icon(Icon::Building),
                words.width(Fill),
                text(agency.code.as_str()).size(size::CAPTION).color(theme::INK_SOFT)
            ]
            .spacing(space::S)
            .align_y(Center);
            wide(content, index == self.at, stands(agency).then_some(Message::Take(index)))
        });
        let search = line(self.id, &t!("desk-draft-recipient-hint"), &self.words)
            .on_input(Message::Words)
            .on_submit(Message::TakeChosen);
        column![search, column(offered).spacing(1.0)].spacing(space::XS).into()
    }
}

fn stands(agency: &Agency) -> bool {
    agency.ended_by(today()).is_none()
}

/// Something chosen, with a cross to take it away.
pub fn chip<'a, M: Clone + 'a>(which: Icon, name: String, away: M) -> Element<'a, M> {
    let hint = t!("desk-take-away", name = name);
    container(
        row![
            tinted(which, theme::ACCENT_DARK),
            text(name).size(size::BODY),
            tool(Icon::Cross, hint, Some(away))
        ]
        .spacing(space::XS)
        .align_y(Center),
    )
    .padding(iced::Padding::ZERO.left(space::S))
    .style(theme::toned(Tone::Info))
    .into()
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;

    fn agency(code: &str) -> Agency {
        Agency::new(AgencyCode::new(code).unwrap(), code)
    }

    #[test]
    fn agencies_are_offered_once_and_taking_one_ends_the_search() {
        let mut seek = Seek::new("x");
        assert!(matches!(seek.typed("so".to_owned()), Found::Run(_)));
        let taken = |code: &AgencyCode| code.as_str() != "H30.2";
        seek.offer(vec![agency("H30.0"), agency("H30.1"), agency("H30.2")], taken);
        assert_eq!(seek.offered, [agency("H30.2")]);
        assert!(matches!(seek.take(5), Found::Nothing) && seek.offers_any());
        assert!(
            matches!(seek.take(0), Found::Recipient(found) if found.agency.as_str() == "H30.2")
        );
        // An answer to what was asked before comes too late.
        assert_eq!((seek.words(), seek.asked, seek.offers_any()), ("", 2, false));
    }

    #[test]
    fn who_is_no_more_is_told_and_not_taken() {
        let (mut old, next) = (agency("H30.1"), agency("H30.2"));
        old.end(Date::constant(2020, 1, 1), vec![next.code.clone()], "").unwrap();
        let mut seek = Seek::new("x");
        seek.offer(vec![old.clone(), next.clone()], |_| false);
        let said = seek.ended(&old).unwrap();
        assert!(said.contains("01/01/2020") && said.contains("H30.2"), "{said}");
        assert_eq!(seek.ended(&next), None);
        assert!(matches!(seek.take(0), Found::Nothing) && seek.offers_any());
        // Enter takes the first that can be taken.
        let at = seek.at;
        assert!(matches!(seek.take(at), Found::Recipient(found) if found.agency == next.code));
    }
}

//! The form on the left, the page on the right.

use iced::widget::{column, container, row};
use iced::{Center, Fill, FillPortion, Rectangle};

use super::{Fields, Looking, Message, REASON, id};
use crate::desk::dialog::{Frame, frame};
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::marker::Mark;
use crate::desk::widget::press::{press, wide};
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::document::Urgency;
use crate::office::extract::Field;
use crate::pdf::Rect;
use crate::t;

/// A document type in the picker: key and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind(pub (String, String));

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.1)
    }
}

/// An urgency in the picker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Urgent(pub Urgency);

impl std::fmt::Display for Urgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&words::urgency(self.0))
    }
}

impl Fields {
    /// Where the field stands on the page that is shown, with a little air, so that the frame
    /// does not cross the letters.
    fn marks(&self) -> Vec<Mark> {
        let here = self.spot.iter().filter(|spot| spot.page as usize == self.page.at());
        let around = |rect: &Rect| Rectangle {
            x: rect.x - 2.0,
            y: rect.y - 2.0,
            width: rect.width + 4.0,
            height: rect.height + 4.0,
        };
        let mark = |rect| Mark { rect: around(rect), colour: theme::ACCENT, strong: true };
        here.flat_map(|spot| &spot.rects).map(mark).collect()
    }

    pub(super) fn sheet(&self) -> Element<'_, Message> {
        let form = column![
            text(&self.about).font(BOLD).size(size::BODY),
            self.told(),
            row![self.kind(), self.urgency()].spacing(space::M),
            row![
                self.line(Field::Number, 3),
                self.line(Field::Notation, 4),
                self.line(Field::Date, 4)
            ]
            .spacing(space::M),
            self.issuer(),
            self.subject(),
            row![self.line(Field::Signer, 1), self.line(Field::Position, 1)].spacing(space::M),
            row![self.line(Field::Competence, 3), self.line(Field::Place, 2)].spacing(space::M),
            row![self.line(Field::Recipients, 4), self.line(Field::Pages, 1)].spacing(space::M),
        ]
        .push(self.registered.then(|| self.reason()))
        .spacing(space::S + 2.0)
        .width(Fill);
        let body = row![form, self.page.view(self.marks(), false, None).map(Message::Page)]
            .spacing(space::L);
        let title = match self.registered {
            true => t!("desk-fields-title-correct"),
            false => t!("desk-fields-title"),
        };
        let ready = !self.stage.is_busy();
        frame(Frame {
            icon: Icon::Clipboard,
            title,
            width: 1280.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-fields-save")),
                Weight::Primary,
                ready.then_some(Message::Submit),
            )),
            close: Message::Close,
        })
    }

    /// What became of the reading, and the button that takes all that is sure.
    fn told(&self) -> Element<'_, Message> {
        let said = |icon, tone: Tone, words: String| -> Element<'_, Message> {
            row![
                tinted(icon, tone.ink()).size(size::BODY),
                text(words).size(size::CAPTION).color(tone.ink()).width(Fill)
            ]
            .spacing(space::XS)
            .align_y(Center)
            .into()
        };
        let reading = match &self.reading {
            Looking::Waiting => return said(Icon::Loader, Tone::Info, t!("desk-fields-reading")),
            Looking::Failed(problem) => return told(problem),
            Looking::Here(reading) => reading,
        };
        if let Some(why) = &reading.not_read {
            return said(Icon::Warning, Tone::Warn, why.sentence());
        }
        let sure = reading.proposals.iter().filter(|one| one.confidence >= self.sure);
        let fresh = sure.filter(|one| !self.form.says(&one.value)).count();
        let words = match (fresh, self.unconfirmed.len()) {
            (0, 0) => return said(Icon::CheckCircle, Tone::Good, t!("desk-fields-agree")),
            (0, count) => {
                return said(
                    Icon::Warning,
                    Tone::Warn,
                    t!("desk-fields-unconfirmed", count = count),
                );
            }
            (fresh, _) => t!("desk-fields-sure", count = fresh),
        };
        let take = t!("desk-fields-take-sure");
        row![
            text(words).size(size::CAPTION).width(Fill),
            press(
                Some(Icon::Check),
                format!("{take} (PgDn)"),
                Weight::Plain,
                Some(Message::TakeSure)
            )
        ]
        .spacing(space::S)
        .align_y(Center)
        .into()
    }

    fn line(&self, which: Field, portion: u16) -> Element<'_, Message> {
        let value = self.form.text(which).unwrap_or_default();
        let hint = match which {
            Field::Date => t!("desk-fields-date-hint"),
            Field::Recipients => t!("desk-fields-recipients-hint"),
            _ => String::new(),
        };
        let control = line(id(which), &hint, value)
            .on_input(move |text| Message::Typed(which, text))
            .on_submit(Message::Enter(which));
        container(self.labelled(which, control.into())).width(FillPortion(portion)).into()
    }

    fn kind(&self) -> Element<'_, Message> {
        let options: Vec<Kind> = self.types.iter().cloned().map(Kind).collect();
        let chosen = self.form.kind.clone().map(Kind);
        let picker = choice(options, chosen, t!("desk-fields-type-hint"), Message::Type);
        container(self.labelled(Field::Type, picker)).width(FillPortion(3)).into()
    }

    fn urgency(&self) -> Element<'_, Message> {
        let options: Vec<Urgent> = Urgency::ALL.into_iter().map(Urgent).collect();
        let chosen = Some(Urgent(self.form.urgency));
        let picker = choice(options, chosen, String::new(), Message::Urgency);
        container(self.labelled(Field::Urgency, picker)).width(FillPortion(2)).into()
    }

    fn issuer(&self) -> Element<'_, Message> {
        let control = line(id(Field::Issuer), &t!("desk-fields-issuer-hint"), &self.form.issuer)
            .on_input(|text| Message::Typed(Field::Issuer, text))
            .on_submit(Message::Enter(Field::Issuer));
        let offered = self.offered.iter().enumerate().map(|(at, agency)| {
            let content = row![
                text(agency.name.clone()).size(size::BODY).width(Fill),
                text(agency.code.to_string()).size(size::CAPTION).color(theme::INK_SOFT)
            ]
            .spacing(space::S);
            wide(content, false, Some(Message::TakeAgency(at)))
        });
        let known = match (&self.form.agency, self.form.issuer.trim().is_empty()) {
            (Some(agency), _) => t!("desk-fields-issuer-known", code = agency.agency),
            (None, false) => t!("desk-fields-issuer-unlisted"),
            (None, true) => String::new(),
        };
        let known = text(known).size(size::CAPTION).color(theme::INK_SOFT);
        let control = column![control, known]
            .push((!self.offered.is_empty()).then(|| column(offered).spacing(1.0)));
        self.labelled(Field::Issuer, control.spacing(2.0).into())
    }

    fn subject(&self) -> Element<'_, Message> {
        let control =
            lines(id(Field::Subject), &self.form.subject, 62.0).on_action(Message::Subject);
        self.labelled(Field::Subject, control.into())
    }

    fn reason(&self) -> Element<'_, Message> {
        let missing = self.needs_reason() && self.form.reason.trim().is_empty();
        field(
            t!("desk-fields-reason"),
            line(REASON, &t!("desk-fields-reason-hint"), &self.form.reason)
                .on_input(Message::Reason)
                .on_submit(Message::Submit),
            missing.then(|| t!("desk-fields-reason-needed")),
        )
    }

    /// Label, control, what is wrong with it, and what the page says.
    fn labelled<'a>(&'a self, which: Field, control: Element<'a, Message>) -> Element<'a, Message> {
        let fault = self.faults.iter().find(|fault| fault.field == which);
        let mut label = which.label();
        if self.unconfirmed.contains(&which) {
            label = format!("{label} · {}", t!("desk-fields-proposed"));
        }
        let field = field(label, control, fault.map(|fault| fault.why.clone()));
        column![field].push(self.page_says(which)).spacing(1.0).into()
    }

    fn page_says(&self, which: Field) -> Option<Element<'_, Message>> {
        let proposal = self.proposal(which)?;
        let percent = (proposal.confidence * 100.0).round();
        if self.form.says(&proposal.value) {
            let words = t!("desk-fields-same", percent = percent);
            return Some(
                row![
                    tinted(Icon::Check, Tone::Good.ink()).size(size::CAPTION),
                    text(words).size(size::CAPTION).color(Tone::Good.ink())
                ]
                .spacing(space::XS)
                .align_y(Center)
                .into(),
            );
        }
        let tone = if proposal.confidence >= self.sure { Tone::Info } else { Tone::Warn };
        let said = proposal.value.shown().replace('\n', " / ");
        let words = t!("desk-fields-page-says", text = said, percent = percent);
        let content = row![
            tinted(Icon::ArrowRight, tone.ink()).size(size::CAPTION),
            text(words).size(size::CAPTION).color(tone.ink()).width(Fill)
        ]
        .spacing(space::XS);
        // Why, where the clerk looks at it.
        let why = (self.at == Some(which)).then(|| {
            let reasons: Vec<String> = proposal.why.iter().map(|why| why.sentence()).collect();
            text(reasons.join(" ")).size(size::CAPTION).color(theme::INK_SOFT)
        });
        let content = column![content].push(why);
        Some(wide(content, false, Some(Message::Take(which))))
    }
}

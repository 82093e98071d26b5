//! How the draft's dialog looks.

use iced::widget::{column, container, row};
use iced::{Center, Fill};

use super::{Complaint, Draft, LeaderChoice, Message, PATH, SEARCH, UrgencyChoice};
use crate::desk::dialog::{Frame, frame};
use crate::desk::theme::{self, Weight, size, space};
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::press::{press, tool, wide};
use crate::desk::widget::{Element, text};
use crate::domain::document::Urgency;
use crate::t;

impl Draft {
    pub fn view(&self) -> Element<'_, Message> {
        let complaints = self.complaints();
        let complaint = |which: Complaint| complaints.contains(&which).then(|| said(which));
        let subject = complaint(Complaint::Subject).or_else(|| complaint(Complaint::SubjectLength));
        let kind = choice(
            self.types.clone(),
            self.raw.kind.clone(),
            t!("desk-draft-type-hint"),
            Message::Type,
        );
        let urgency = choice(
            Urgency::ALL.map(UrgencyChoice).to_vec(),
            Some(UrgencyChoice(self.raw.urgency)),
            String::new(),
            Message::Urgency,
        );
        let body = column![
            field(t!("desk-draft-file"), self.file(), complaint(Complaint::Path)),
            self.attachments(),
            row![
                container(field(t!("desk-fact-type"), kind, complaint(Complaint::Type)))
                    .width(Fill),
                container(field(t!("desk-fact-urgency"), urgency, None)).width(190),
            ]
            .spacing(space::M),
            field(
                t!("desk-fact-subject"),
                lines("draft-subject", &self.raw.subject, 62.0).on_action(Message::Subject),
                subject
            ),
            field(t!("desk-fact-recipients"), self.recipients(), complaint(Complaint::Recipients)),
            field(t!("desk-fact-signer"), self.signer(), complaint(Complaint::Signer)),
        ]
        .spacing(space::M);
        frame(Frame {
            icon: Icon::FilePlus,
            title: t!("desk-new-draft"),
            width: 760.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-draft-save")),
                Weight::Primary,
                Some(Message::Submit),
            )),
            close: Message::Close,
        })
    }

    fn file(&self) -> Element<'_, Message> {
        row![
            line(PATH, &t!("desk-draft-file-hint"), &self.raw.path).on_input(Message::Path),
            press(Some(Icon::Folder), t!("desk-browse"), Weight::Plain, Some(Message::Browse)),
        ]
        .spacing(space::S)
        .align_y(Center)
        .into()
    }

    fn attachments(&self) -> Element<'_, Message> {
        let files = self.raw.attachments.iter().enumerate().map(|(index, path)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            chip(Icon::Paperclip, name, Message::Detach(index))
        });
        let add = press(
            Some(Icon::Paperclip),
            t!("desk-draft-attach"),
            Weight::Quiet,
            Some(Message::Attach),
        );
        row(files).push(add).spacing(space::S).wrap().vertical_spacing(space::XS).into()
    }

    fn recipients(&self) -> Element<'_, Message> {
        let chosen = self.raw.recipients.iter().enumerate().map(|(index, recipient)| {
            chip(Icon::Building, recipient.name.clone(), Message::Drop(index))
        });
        let offered = self.offered.iter().enumerate().map(|(index, agency)| {
            let content = row![
                icon(Icon::Building),
                text(&agency.name).size(size::BODY).width(Fill),
                text(agency.code.as_str()).size(size::CAPTION).color(theme::INK_SOFT)
            ]
            .spacing(space::S)
            .align_y(Center);
            wide(content, index == self.at, Some(Message::Take(index)))
        });
        let search = line(SEARCH, &t!("desk-draft-recipient-hint"), &self.words)
            .on_input(Message::Words)
            .on_submit(Message::TakeOffered);
        column![
            row(chosen).spacing(space::S).wrap().vertical_spacing(space::XS),
            search,
            column(offered).spacing(1.0)
        ]
        .spacing(space::XS)
        .into()
    }

    fn signer(&self) -> Element<'_, Message> {
        let raw = &self.raw;
        let leaders: Vec<_> =
            self.leaders.iter().map(|user| LeaderChoice(user.display_name.clone())).collect();
        let name: Element<'_, Message> = if leaders.is_empty() {
            line("draft-signer", &t!("desk-draft-signer-hint"), &raw.full_name)
                .on_input(Message::FullName)
                .into()
        } else {
            let chosen = Some(LeaderChoice(raw.full_name.clone()));
            let chosen = chosen.filter(|leader| leaders.contains(leader));
            choice(leaders, chosen, t!("desk-draft-signer-hint"), Message::Leader)
        };
        row![
            line("draft-competence", &t!("desk-draft-competence-hint"), &raw.competence)
                .on_input(Message::Competence),
            line("draft-position", &t!("desk-draft-position-hint"), &raw.position)
                .on_input(Message::Position),
            container(name).width(Fill),
        ]
        .spacing(space::S)
        .align_y(Center)
        .into()
    }
}

/// Something chosen, with a cross to take it away.
fn chip<'a>(which: Icon, name: String, away: Message) -> Element<'a, Message> {
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
    .style(theme::toned(theme::Tone::Info))
    .into()
}

fn said(complaint: Complaint) -> String {
    t!(match complaint {
        Complaint::Path => "desk-draft-needs-file",
        Complaint::Type => "desk-draft-needs-type",
        Complaint::Subject => "desk-draft-needs-subject",
        Complaint::SubjectLength => "desk-draft-subject-too-long",
        Complaint::Signer => "desk-draft-needs-signer",
        Complaint::Recipients => "desk-draft-needs-recipients",
    })
}

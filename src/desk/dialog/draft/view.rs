//! How the draft's dialog looks.

use iced::widget::{Space, column, container, row};
use iced::{Center, Fill};

use super::choices::{LeaderChoice, UrgencyChoice};
use super::keeping::TakenOnto;
use super::raw::Complaint;
use super::{Draft, Message, PATH, Purpose};
use crate::desk::dialog::seek::chip;
use crate::desk::dialog::{Frame, frame};
use crate::desk::document::local_time;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::legacy::legacy;
use crate::desk::widget::press::{press, wide};
use crate::desk::widget::tick::tick;
use crate::desk::widget::{Element, text};
use crate::domain::document::Urgency;
use crate::domain::places::PlacesText;
use crate::office::KeptForm;
use crate::t;

/// Width of what stands beside the form, in logical pixels.
const SIDE: f32 = 330.0;
/// The key of the type that is a letter.
const LETTER: &str = "CV";

impl Draft {
    pub(super) fn sheet(&self) -> Element<'_, Message> {
        let complaints = self.complaints();
        let edits = self.keeps_file();
        let (title, go) = match edits {
            true => (t!("desk-draft-edit"), t!("desk-draft-edit-save")),
            false => (t!("desk-new-draft"), t!("desk-draft-save")),
        };
        let form = self.form(&complaints);
        let body = column![]
            .push(self.left.as_ref().map(left))
            .push(self.onto.map(onto))
            .push(row![form, container(self.beside()).width(SIDE)].spacing(space::L))
            .spacing(space::M);
        frame(Frame {
            icon: Icon::FilePlus,
            title,
            width: 1160.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((format!("{go} (Ctrl+Enter)"), Weight::Primary, Some(Message::Submit))),
            close: Message::Close,
        })
    }

    fn form(&self, complaints: &[Complaint]) -> Element<'_, Message> {
        let complaint = |which: Complaint| complaints.contains(&which).then(|| said(which));
        let subject = complaint(Complaint::Subject).or_else(|| complaint(Complaint::SubjectLength));
        let file = complaint(Complaint::Path).or_else(|| complaint(Complaint::Differs));
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
        let label = match self.keeps_file() {
            true => t!("desk-draft-new-file"),
            false => t!("desk-draft-file"),
        };
        let wrong_further =
            complaints.iter().any(|one| matches!(one, Complaint::Due | Complaint::Copies));
        let further =
            (self.more || wrong_further).then(|| self.further(complaints).map(Message::More));
        let why = self.keeps_file().then(|| {
            field(
                t!("desk-draft-why"),
                line("draft-why", &t!("desk-draft-why-hint"), &self.raw.why).on_input(Message::Why),
                None,
            )
        });
        let typed = self.raw.typed();
        let texts: Vec<&str> = typed.iter().map(String::as_str).collect();
        column![
            field(label, self.file(), file),
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
        .push(why)
        .push(legacy(&texts, Message::ToUnicode))
        .push(self.feet(further.is_some()))
        .push(further)
        .spacing(space::M)
        .width(Fill)
        .into()
    }

    /// What opens the further fields, and what is remembered.
    fn feet(&self, open: bool) -> Element<'_, Message> {
        let (which, name) = match open {
            true => (Icon::Cross, t!("desk-draft-less")),
            false => (Icon::Plus, t!("desk-draft-more")),
        };
        row![
            press(Some(which), name, Weight::Quiet, Some(Message::ShowMore(!open))),
            Space::new().width(Fill),
            tick(t!("desk-draft-remember"), self.remember, Some(Message::Remember)),
        ]
        .spacing(space::S)
        .align_y(Center)
        .into()
    }

    /// How the PDF was made, and how the document names those who get it.
    fn beside(&self) -> Element<'_, Message> {
        let made = self.making.view(self.raw.file()).map(|view| {
            let view = view.map(Message::Making);
            let made = column![text(t!("desk-making-title")).size(size::CAPTION).font(BOLD), view];
            container(made.spacing(space::XS)).padding(space::S).width(Fill).style(theme::framed)
        });
        let metadata = self.raw.metadata();
        let letter = metadata.type_key == LETTER;
        let places = PlacesText::of(&metadata, letter);
        let line = |line: String| text(line).size(size::CAPTION).into();
        let written = column![text(t!("desk-draft-places-text")).size(size::CAPTION).font(BOLD)]
            .extend(places.addressed.into_iter().chain(places.received).map(line))
            .spacing(2.0);
        column![]
            .push(made)
            .push(container(written).padding(space::S).width(Fill).style(theme::framed))
            .spacing(space::M)
            .into()
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
        let kept = match &self.purpose {
            Purpose::Edit { kept, .. } => kept.as_slice(),
            Purpose::New | Purpose::Answer(_) => &[],
        };
        let kept = kept.iter().enumerate().map(|(index, file)| {
            chip(Icon::Paperclip, file.name.clone(), Message::DetachKept(index))
        });
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
        row(kept.chain(files)).push(add).spacing(space::S).wrap().vertical_spacing(space::XS).into()
    }

    fn recipients(&self) -> Element<'_, Message> {
        let chosen = self.raw.recipients.iter().enumerate().map(|(index, recipient)| {
            chip(Icon::Building, recipient.name.clone(), Message::Drop(index))
        });
        let groups = self.offered_groups().map(|(index, (group, members))| {
            let count = t!("desk-draft-group-members", count = members.len());
            let content = row![
                icon(Icon::Users),
                text(&group.name).size(size::BODY).width(Fill),
                text(count).size(size::CAPTION).color(theme::INK_SOFT)
            ];
            let content = content.spacing(space::S).align_y(Center);
            wide(content, false, Some(Message::TakeGroup(index)))
        });
        column![
            row(chosen).spacing(space::S).wrap().vertical_spacing(space::XS),
            self.seek.view().map(Message::Seek),
            column(groups).spacing(1.0)
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

/// What was left half written: continued, or forgotten.
fn left<'a>(form: &KeptForm) -> Element<'a, Message> {
    container(
        row![
            tinted(Icon::History, Tone::Info.ink()),
            text(t!("desk-draft-left", at = local_time(form.at))).size(size::BODY).width(Fill),
            press(None, t!("desk-draft-take-up"), Weight::Primary, Some(Message::TakeUp)),
            press(None, t!("desk-draft-forget"), Weight::Quiet, Some(Message::Forget)),
        ]
        .spacing(space::S)
        .align_y(Center),
    )
    .padding([space::XS, space::S])
    .style(theme::toned(Tone::Info))
    .into()
}

/// The draft had been changed when what was left half written was taken up again.
fn onto<'a>(onto: TakenOnto) -> Element<'a, Message> {
    let (icon, tone, said) = match onto {
        TakenOnto::Theirs => (Icon::Info, Tone::Info, t!("desk-draft-taken-onto")),
        TakenOnto::Both => (Icon::Warning, Tone::Warn, t!("desk-draft-taken-onto-both")),
    };
    container(
        row![tinted(icon, tone.ink()), text(said).size(size::BODY).width(Fill)]
            .spacing(space::S)
            .align_y(Center),
    )
    .padding([space::XS, space::S])
    .style(theme::toned(tone))
    .into()
}

pub(super) fn said(complaint: Complaint) -> String {
    t!(match complaint {
        Complaint::Path => "desk-draft-needs-file",
        Complaint::Differs => "desk-draft-needs-look",
        Complaint::Type => "desk-draft-needs-type",
        Complaint::Subject => "desk-draft-needs-subject",
        Complaint::SubjectLength => "desk-draft-subject-too-long",
        Complaint::Signer => "desk-draft-needs-signer",
        Complaint::Recipients => "desk-draft-needs-recipients",
        Complaint::Due => "desk-draft-due-wrong",
        Complaint::Copies => "desk-draft-copies-wrong",
    })
}

//! How the board looks.

use iced::widget::{column, container, row, scrollable};
use iced::{Center, Fill, Length};

use super::{Board, Deed, Found, Message, Tab, WORDS};
use crate::desk::dialog::{Frame, frame};
use crate::desk::document::{day, local_time};
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, wide};
use crate::desk::widget::shortened::shortened;
use crate::desk::widget::{Element, text};
use crate::domain::book::written;
use crate::domain::calendar;
use crate::domain::follow::Stage as At;
use crate::domain::letter::PaperWay;
use crate::domain::outbound::OutboundDocument;
use crate::domain::reserve::Reserved;
use crate::office::follow::{Followed, FollowedRow};
use crate::office::labels;
use crate::office::leaving::{PaperTask, Unsent};
use crate::office::parked::{Parked, ParkedKind};
use crate::t;

/// Height of the list, so that what is done with a row stays in sight.
const LIST: f32 = 300.0;

impl Board {
    pub(super) fn shown(&self) -> Element<'_, Message> {
        let body = match &self.found {
            None => column![text(t!("desk-loading")).size(size::BODY)],
            Some(found) => column![
                self.tabs(found),
                text(means(self.tab)).size(size::BODY).color(theme::INK_SOFT),
                self.list(found),
            ]
            .push(self.form()),
        };
        frame(Frame {
            icon: Icon::Send,
            title: t!("desk-follow"),
            width: 980.0,
            body: body.spacing(space::M).into(),
            stage: Some(&self.stage),
            go: None,
            close: Message::Close,
        })
    }

    fn tabs(&self, found: &Found) -> Element<'_, Message> {
        let tabs = Tab::ALL.into_iter().zip(1..).map(|(tab, place)| {
            let count = found.pressing(tab);
            let name = if count > 0 { format!("{} ({count})", name(tab)) } else { name(tab) };
            let weight = if tab == self.tab { Weight::Chosen } else { Weight::Quiet };
            press(None, format!("{name}  Alt+{place}"), weight, Some(Message::Tab(tab)))
        });
        row(tabs).spacing(space::XS).into()
    }

    fn list<'a>(&'a self, found: &'a Found) -> Element<'a, Message> {
        let chosen = |index| index == self.at;
        let lines: Vec<Element<'_, Message>> = match self.tab {
            Tab::Unsent => found
                .unsent
                .iter()
                .enumerate()
                .map(|(index, row)| lined(index, chosen(index), unsent(row)))
                .collect(),
            Tab::Recipients => found
                .deliveries()
                .into_iter()
                .enumerate()
                .filter_map(|(index, (document, at))| {
                    let followed = found.followed.get(document)?;
                    let row = followed.rows.get(at)?;
                    Some(lined(index, chosen(index), delivery(followed, row)))
                })
                .collect(),
            Tab::Paper => found
                .letters()
                .into_iter()
                .enumerate()
                .filter_map(|(index, (document, at))| {
                    let task = found.paper.get(document)?;
                    let (letter, _) = task.letters.get(at)?;
                    Some(lined(index, chosen(index), paper(task, &letter.place)))
                })
                .collect(),
            Tab::Numbers => found
                .numbers
                .iter()
                .enumerate()
                .map(|(index, number)| lined(index, chosen(index), reserved(number)))
                .collect(),
            Tab::Parked => found
                .parked
                .iter()
                .enumerate()
                .map(|(index, one)| lined(index, chosen(index), parked(one)))
                .collect(),
        };
        if lines.is_empty() {
            return row![
                tinted(Icon::CheckCircle, Tone::Good.ink()),
                text(none(self.tab)).size(size::BODY)
            ]
            .spacing(space::S)
            .align_y(Center)
            .into();
        }
        let few = lines.len() <= 5;
        let list = scrollable(column(lines).spacing(2.0).padding(iced::Padding::ZERO.right(14.0)))
            .style(theme::scroll);
        let height = if few { Length::Shrink } else { Length::Fixed(LIST) };
        container(list).height(height).width(Fill).into()
    }

    /// What comes is fetched, and not sent.
    fn label(&self, deed: Deed) -> String {
        let comes = self.parked().is_some_and(|one| one.kind == ParkedKind::Packet);
        match deed {
            Deed::Retry if comes => t!("desk-follow-fetch"),
            Deed::GiveUpParked if comes => t!("desk-follow-refuse"),
            deed => label(deed),
        }
    }

    /// What is said and chosen for the row, and the deeds.
    fn form(&self) -> Option<Element<'_, Message>> {
        let deeds = self.deeds();
        if deeds.is_empty() || (self.rows() == 0 && self.tab != Tab::Numbers) {
            return self.update_shown();
        }
        let words = field(
            words_label(self.tab),
            line(WORDS, "", &self.words).on_input(Message::Words),
            None,
        );
        let fields: Element<'_, Message> = match self.tab {
            Tab::Paper => {
                let ways = PaperWay::ALL.map(Way).to_vec();
                let way =
                    choice(ways, Some(Way(self.way)), String::new(), |Way(way)| Message::Way(way));
                let reference = line("follow-reference", "", &self.reference);
                row![
                    container(field(t!("desk-follow-way"), way, None)).width(180),
                    container(words).width(Fill),
                    container(field(
                        t!("desk-follow-reference"),
                        reference.on_input(Message::Reference),
                        None
                    ))
                    .width(180),
                ]
                .spacing(space::M)
                .into()
            }
            Tab::Numbers => {
                let kinds: Vec<Kind> =
                    self.types.iter().map(|(key, name)| Kind(key.clone(), name.clone())).collect();
                let kind = kinds.iter().find(|kind| kind.0 == self.type_key).cloned();
                let kinds = choice(kinds, kind, String::new(), |kind: Kind| Message::Type(kind.0));
                row![
                    container(field(t!("desk-follow-type"), kinds, None)).width(240),
                    container(field(
                        t!("desk-follow-count"),
                        line("follow-count", "", &self.count).on_input(Message::Count),
                        None
                    ))
                    .width(90),
                    container(words).width(Fill),
                ]
                .spacing(space::M)
                .into()
            }
            Tab::Unsent | Tab::Recipients | Tab::Parked => words,
        };
        let buttons = deeds.into_iter().map(|deed| {
            let weight = match deed {
                Deed::RecallFrom | Deed::GiveUp | Deed::GiveUpParked | Deed::LetterDropped => {
                    Weight::Danger
                }
                _ => Weight::Plain,
            };
            let ready = self.may_begin(deed).then_some(Message::Do(deed));
            press(Some(icon_of(deed)), self.label(deed), weight, ready)
        });
        let open = self.document().map(|_| Message::Open);
        let update = matches!(self.tab, Tab::Recipients | Tab::Parked).then(|| {
            let can = self.updated(false).map(|_| Message::Update { shown: false });
            press(Some(Icon::Pen), t!("desk-follow-update"), Weight::Plain, can)
        });
        let evidence = (self.tab == Tab::Recipients).then(|| {
            let can = self.issued(false).map(|_| Message::Evidence { shown: false });
            let name = format!("{} (Ctrl+P)", t!("desk-follow-evidence"));
            press(Some(Icon::FileText), name, Weight::Plain, can)
        });
        let buttons = row(buttons)
            .push(update)
            .push(evidence)
            .push(press(
                Some(Icon::FileText),
                format!("{} (Enter)", t!("desk-follow-open")),
                Weight::Quiet,
                open,
            ))
            .spacing(space::S)
            .wrap()
            .vertical_spacing(space::XS);
        let held = self.shown.as_ref().filter(|_| self.tab == Tab::Numbers).map(|(_, about)| {
            let said = t!("desk-follow-shown", about = about);
            shortened(said, size::CAPTION, theme::REGULAR, Some(theme::INK_SOFT))
        });
        let shown = self.update_shown();
        Some(column![fields].push(held).push(buttons).push(shown).spacing(space::S).into())
    }

    /// For the document behind the board, whether or not somebody still has to follow it.
    fn update_shown(&self) -> Option<Element<'_, Message>> {
        let issued = self.issued.as_ref().filter(|_| self.tab == Tab::Recipients)?;
        let can = self.updated(true).map(|_| Message::Update { shown: true });
        let proves = self.issued(true).map(|_| Message::Evidence { shown: true });
        let evidence = t!("desk-follow-evidence-shown");
        let name = t!("desk-follow-shown", about = named(issued));
        Some(
            row![
                press(Some(Icon::Pen), t!("desk-follow-update-shown"), Weight::Plain, can),
                press(Some(Icon::FileText), evidence, Weight::Plain, proves),
                shortened(name, size::CAPTION, theme::REGULAR, Some(theme::INK_SOFT)),
            ]
            .spacing(space::S)
            .align_y(Center)
            .into(),
        )
    }
}

fn lined<'a>(index: usize, chosen: bool, content: Element<'a, Message>) -> Element<'a, Message> {
    wide(content, chosen, Some(Message::Choose(index)))
}

/// Two lines: what it is with its mark, and what more there is to say.
fn two<'a>(what: String, mark: Element<'a, Message>, more: Vec<String>) -> Element<'a, Message> {
    let more: Vec<String> = more.into_iter().filter(|part| !part.trim().is_empty()).collect();
    column![
        row![container(shortened(what, size::BODY, BOLD, None)).width(Fill), mark]
            .spacing(space::S)
            .align_y(Center),
        shortened(more.join(" · "), size::CAPTION, theme::REGULAR, Some(theme::INK_SOFT)),
    ]
    .spacing(2.0)
    .into()
}

fn named(document: &OutboundDocument) -> String {
    let (code, subject) = (&document.metadata.code, &document.metadata.subject);
    if code.number.is_empty() { subject.clone() } else { format!("{code} – {subject}") }
}

fn unsent(row: &Unsent) -> Element<'_, Message> {
    let due = local_time(row.due);
    let mark = if row.late {
        badge(Icon::Warning, t!("desk-follow-late", due = due), Tone::Bad)
    } else {
        badge(Icon::Clock, t!("desk-follow-due", due = due), Tone::Info)
    };
    let more = vec![
        labels::outbound(row.document.state),
        t!("desk-follow-signed", time = local_time(row.signed_at)),
        row.document.metadata.signer.full_name.clone(),
    ];
    two(named(&row.document), mark, more)
}

fn delivery<'a>(followed: &Followed, row: &FollowedRow) -> Element<'a, Message> {
    let (icon, tone) = match (row.stage, row.concern.is_some()) {
        (_, true) => (Icon::Warning, Tone::Bad),
        (At::Accepted | At::InProcess | At::Completed, _) => (Icon::CheckCircle, Tone::Good),
        (At::RecallAgreed, _) => (Icon::Ban, Tone::Neutral),
        (At::Waiting, _) => (Icon::Hourglass, Tone::Neutral),
        _ => (Icon::Clock, Tone::Info),
    };
    let mut stage = labels::stage(row.stage);
    if let Some(since) = row.since {
        stage = format!("{stage} {}", local_time(since));
    }
    // What it said comes before what it was about: a long subject must not hide it.
    let mut more: Vec<String> = row.concern.map(labels::concern).into_iter().collect();
    more.push(row.said.clone());
    more.push(named(&followed.document));
    if !followed.answers.is_empty() {
        let names: Vec<&str> = followed.answers.iter().map(|answer| answer.name.as_str()).collect();
        more.push(t!("desk-follow-answers", names = names.join(", ")));
    }
    two(row.delivery.name.clone(), badge(icon, stage, tone), more)
}

fn paper<'a>(task: &PaperTask, place: &str) -> Element<'a, Message> {
    let issued = task.document.issued_at.map(|at| day(calendar::local(at).date()));
    let grounds: Vec<String> =
        task.grounds.iter().map(|ground| labels::paper_ground(*ground)).collect();
    let mark = badge(Icon::FileText, t!("paper-state-owed"), Tone::Warn);
    let more = vec![
        named(&task.document),
        issued.map_or(String::new(), |day| t!("desk-follow-issued", date = day)),
        grounds.join(", "),
    ];
    two(place.to_owned(), mark, more)
}

fn reserved<'a>(number: &Reserved) -> Element<'a, Message> {
    let mark = match number.held_for {
        Some(_) => badge(Icon::Lock, t!("desk-follow-held"), Tone::Info),
        None => badge(Icon::Clock, t!("desk-follow-free"), Tone::Neutral),
    };
    let name = t!(
        "desk-follow-number",
        number = written(&number.book.series, number.number),
        year = number.book.year
    );
    let more =
        vec![number.reason.clone(), number.by.clone(), day(calendar::local(number.at).date())];
    two(name, mark, more)
}

fn parked<'a>(one: &Parked) -> Element<'a, Message> {
    let (icon, tone) =
        if one.rests() { (Icon::Clock, Tone::Info) } else { (Icon::Warning, Tone::Bad) };
    let mark = badge(icon, labels::parked(one.kind), tone);
    let about = one.document.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
    let again = one.next_try.map(|at| t!("parked-next-try", time = local_time(at)));
    two(one.recipient_name.clone(), mark, vec![one.why.clone(), again.unwrap_or_default(), about])
}

/// A way of sending, as the picker shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way(PaperWay);

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&labels::paper_way(self.0))
    }
}

/// A document type, as the picker shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kind(String, String);

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.1)
    }
}

fn name(tab: Tab) -> String {
    match tab {
        Tab::Unsent => t!("desk-follow-unsent"),
        Tab::Recipients => t!("desk-follow-recipients"),
        Tab::Paper => t!("desk-follow-paper"),
        Tab::Numbers => t!("desk-follow-numbers"),
        Tab::Parked => t!("desk-follow-parked"),
    }
}

fn means(tab: Tab) -> String {
    match tab {
        Tab::Unsent => t!("desk-follow-unsent-means"),
        Tab::Recipients => t!("desk-follow-recipients-means"),
        Tab::Paper => t!("desk-follow-paper-means"),
        Tab::Numbers => t!("desk-follow-numbers-means"),
        Tab::Parked => t!("desk-follow-parked-means"),
    }
}

fn none(tab: Tab) -> String {
    match tab {
        Tab::Unsent => t!("desk-follow-unsent-none"),
        Tab::Recipients => t!("desk-follow-recipients-none"),
        Tab::Paper => t!("desk-follow-paper-none"),
        Tab::Numbers => t!("desk-follow-numbers-none"),
        Tab::Parked => t!("desk-follow-parked-none"),
    }
}

fn words_label(tab: Tab) -> String {
    match tab {
        Tab::Paper => t!("desk-follow-by"),
        Tab::Recipients => t!("desk-follow-why"),
        Tab::Unsent | Tab::Numbers | Tab::Parked => t!("desk-follow-reason"),
    }
}

fn label(deed: Deed) -> String {
    match deed {
        Deed::Resend => t!("desk-follow-resend"),
        Deed::RecallFrom => t!("desk-follow-recall"),
        Deed::CloseDelivery => t!("desk-follow-close"),
        Deed::LetterSent => t!("desk-follow-letter-sent"),
        Deed::LetterDropped => t!("desk-follow-letter-dropped"),
        Deed::Reserve => t!("desk-follow-reserve"),
        Deed::Hold => t!("desk-follow-hold"),
        Deed::GiveUp => t!("desk-follow-give-up"),
        Deed::Retry => t!("desk-follow-retry"),
        Deed::GiveUpParked => t!("desk-follow-give-up-parked"),
    }
}

const fn icon_of(deed: Deed) -> Icon {
    match deed {
        Deed::Resend | Deed::Retry => Icon::Send,
        Deed::RecallFrom => Icon::Ban,
        Deed::CloseDelivery | Deed::LetterSent => Icon::Check,
        Deed::LetterDropped | Deed::GiveUp | Deed::GiveUpParked => Icon::Trash,
        Deed::Reserve => Icon::Plus,
        Deed::Hold => Icon::Lock,
    }
}

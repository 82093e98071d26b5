//! The demonstration: a provincial server on loopback, two offices with their own data
//! folders, sample documents, tokens that are files, and one document in each stage of
//! both queues. Nothing in it has legal value, and every certificate says so.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::document::{DocumentKey, Metadata, Recipient};
use vanthu::domain::inbound::InboundState;
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::role::Role;
use vanthu::office::layout::{self, Sample};
use vanthu::office::{Filter, Founding, NewDraft, Office, OfficeError, Placement, SignOrder};
use vanthu::pdf::appearance::{demo_seal, demo_signature};
use vanthu::pki::demo::{Authority, Subject};
use vanthu::rules::Profile;
use vanthu::rules::directory::Directory;
use vanthu::server::{Account, RunningServer, Server, ServerConfig, fresh_secret};
use vanthu::token::{Pin, Selector};

/// Tells a step; fails when the demonstration is asked to stop.
pub type Tell<'a> = dyn FnMut(&str) -> Result<(), Problem> + 'a;

/// Everybody's password, and the PIN of every token, in the demonstration.
pub const PASSWORD: &str = "demo";

const PROFILE: &str = "hau-giang-2019";
const DIRECTORY: &str = include_str!("../../../assets/agencies/demo.csv");

/// One of the two offices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// UBND xã Tân Bình
    TanBinh,
    /// UBND tỉnh Hậu Giang
    Province,
}

impl Member {
    pub const BOTH: [Self; 2] = [Self::TanBinh, Self::Province];

    pub const fn folder(self) -> &'static str {
        match self {
            Self::TanBinh => "tan-binh",
            Self::Province => "tinh",
        }
    }

    pub fn from_folder(folder: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|member| member.folder() == folder)
    }

    const fn code(self) -> &'static str {
        match self {
            Self::TanBinh => "000.01.05.H30",
            Self::Province => "000.00.00.H30",
        }
    }

    /// How the samples name it.
    const fn sample_office(self) -> &'static str {
        match self {
            Self::TanBinh => "xa",
            Self::Province => "tinh",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::TanBinh => Self::Province,
            Self::Province => Self::TanBinh,
        }
    }
}

/// The people of each office: user, name and roles.
fn people(member: Member) -> [(&'static str, String, Vec<Role>); 5] {
    let named = |commune: &str, province: &str| match member {
        Member::TanBinh => commune.to_owned(),
        Member::Province => province.to_owned(),
    };
    [
        ("vanthu", named("Trần Thị Bé", "Lý Thị Ngọc Hân"), vec![Role::Clerk]),
        ("chutich", leader(member), vec![Role::Leader]),
        ("soanthao", named("Lê Văn Soạn", "Phan Quốc Việt"), vec![Role::Drafter]),
        ("thethuc", named("Võ Thị Thu", "Đặng Minh Khôi"), vec![Role::FormatChecker]),
        ("luutru", named("Huỳnh Văn Lưu", "Bùi Thị Tư"), vec![Role::Archivist]),
    ]
}

/// The leader's full name, as the samples of that office are signed.
fn leader(member: Member) -> String {
    samples_of(member)
        .first()
        .map(|sample| sample.sheet.signer.full_name.clone())
        .unwrap_or_default()
}

fn samples_of(member: Member) -> Vec<Sample> {
    let mut samples = layout::samples();
    samples.retain(|sample| sample.office == member.sample_office());
    // One leader with one token signs here; a document is signed by whom it names.
    if let Some(signer) = samples.first().map(|sample| sample.sheet.signer.clone()) {
        samples.iter_mut().for_each(|sample| sample.sheet.signer = signer.clone());
    }
    samples
}

/// A running demonstration. Dropping it stops the server.
pub struct Demo {
    pub dir: PathBuf,
    _server: RunningServer,
    // Goes away with the demonstration, unless the folder was named by the user.
    _temporary: Option<TemporaryFolder>,
}

impl Demo {
    /// Prepares everything in `dir` (a temporary folder if none is named), telling each step.
    pub fn start(dir: Option<PathBuf>, tell: &mut Tell) -> Result<Self, Problem> {
        let (dir, temporary) = match dir {
            Some(dir) => (dir, None),
            None => {
                let folder = TemporaryFolder::new()?;
                (folder.0.clone(), Some(folder))
            }
        };
        std::fs::create_dir_all(&dir).map_err(file)?;
        let fresh = !dir.join(Member::TanBinh.folder()).exists();
        let secrets = [fresh_secret()?, fresh_secret()?];
        let mut config =
            ServerConfig::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), dir.join("server"));
        for (member, secret) in Member::BOTH.into_iter().zip(&secrets) {
            config.accounts.push(Account { agency: agency(member)?, secret: Some(secret.clone()) });
        }
        let server = Server::start(config)?;
        let url = server.url();
        tell(&format!("máy chủ của tỉnh / provincial server: {url}"))?;
        let demo = Self { dir, _server: server, _temporary: temporary };
        if fresh {
            demo.found(tell)?;
        }
        for (member, secret) in Member::BOTH.into_iter().zip(&secrets) {
            demo.open(member, "quantri")?.set_server(&url, secret)?;
        }
        Ok(demo)
    }

    pub fn data_dir(&self, member: Member) -> PathBuf {
        self.dir.join(member.folder())
    }

    /// Opens one of the offices as one of its people.
    pub fn open(&self, member: Member, user: &str) -> Result<Office, Problem> {
        Office::open(&self.data_dir(member), user, &Pin::new(PASSWORD))
    }

    /// A token file of an office: `leader` or `seal`.
    pub fn order(&self, member: Member, token: &str) -> SignOrder {
        SignOrder {
            token: Selector::File {
                path: self.data_dir(member).join("tokens").join(format!("{token}.p12")),
            },
            certificate: None,
            pin: Pin::new(PASSWORD),
            last_try_confirmed: false,
            placement: Placement::Automatic,
        }
    }

    /// Founds both offices: people, directory, tokens, images, trust.
    fn found(&self, tell: &mut Tell) -> Result<(), Problem> {
        let now = Timestamp::now();
        let authority = Authority::create(now)?;
        for member in Member::BOTH {
            let agency = agency(member)?;
            tell(&format!("lập cơ quan / founding: {}", agency.name))?;
            let dir = self.data_dir(member);
            let founding = Founding {
                agency: agency.clone(),
                profile: PROFILE.to_owned(),
                user: "quantri".to_owned(),
                display_name: "Quản trị viên".to_owned(),
                roles: vec![Role::Administrator],
            };
            let office = Office::found(&dir, founding, &Pin::new(PASSWORD))?;
            office.put_agencies(directory()?)?;
            // The demonstration's computer has no scanner, and nothing leaves it.
            office.set_unscanned_reason("Bản trình diễn, không gửi ra ngoài")?;
            for (user, display, roles) in people(member) {
                office.add_user(user, &display, &roles, &Pin::new(PASSWORD))?;
            }
            for certificate in [authority.root(), authority.sub()] {
                office.add_trust(certificate.der())?;
            }
            drop(office);

            let tokens = dir.join("tokens");
            std::fs::create_dir_all(&tokens).map_err(file)?;
            let person = Subject {
                common_name: leader(member),
                organisation: agency.name.clone(),
                title: "Chủ tịch".to_owned(),
                uid: "CCCD:000000000000".to_owned(),
                ..Subject::default()
            };
            let organisation = Subject {
                common_name: agency.name.clone(),
                organisation: agency.name.clone(),
                uid: "MST:0000000000".to_owned(),
                ..Subject::default()
            };
            for (name, subject) in [("leader", person), ("seal", organisation)] {
                let issued = authority.issue(&subject)?;
                let path = tokens.join(format!("{name}.p12"));
                std::fs::write(path, issued.to_pkcs12(name, PASSWORD)?).map_err(file)?;
            }
            let seed = member as u64 + 7;
            self.open(member, "chutich")?.set_signature_image(&demo_signature(seed)?)?;
            self.open(member, "vanthu")?.set_seal_image(&demo_seal(&agency.name)?)?;
        }
        Ok(())
    }

    /// Puts one document into each stage of both queues of both offices, the first time.
    pub fn fill(&self, tell: &mut Tell) -> Result<(), Problem> {
        let filled = self.dir.join("filled");
        if filled.exists() {
            return Ok(());
        }
        for member in Member::BOTH {
            tell(&format!("văn bản đi / outbound: {}", agency(member)?.name))?;
            self.fill_outbound(member)?;
        }
        for member in Member::BOTH {
            tell(&format!("văn bản đến / inbound: {}", agency(member)?.name))?;
            self.fill_inbound(member)?;
        }
        // The statuses of what was just decided travel back.
        for member in Member::BOTH {
            self.open(member, "vanthu")?.sync()?;
        }
        std::fs::write(filled, "").map_err(file)
    }

    /// Seven documents that travel, and one waiting in each stage before.
    fn fill_outbound(&self, member: Member) -> Result<(), Problem> {
        const TRAVEL: usize = 7;
        let drafter = self.open(member, "soanthao")?;
        let stages = [
            OutboundState::Draft,
            OutboundState::InReview,
            OutboundState::InFormatCheck,
            OutboundState::ToSign,
            OutboundState::ToSeal,
            OutboundState::ToIssue,
        ];
        let samples = samples_of(member);
        let mut signed: Vec<(DocumentKey, OutboundState)> = Vec::new();
        let goals = std::iter::repeat_n(OutboundState::Issued, TRAVEL).chain(stages);
        for (goal, sample) in goals.zip(samples.iter().cycle()) {
            let key = drafter.draft(draft(sample, member.other())?)?;
            match goal {
                OutboundState::Draft => {}
                OutboundState::InReview | OutboundState::InFormatCheck => {
                    drafter.submit(key, goal, "")?;
                }
                _ => {
                    drafter.submit(key, OutboundState::ToSign, "")?;
                    if goal != OutboundState::ToSign {
                        signed.push((key, goal));
                    }
                }
            }
        }
        drop(drafter);

        let leader = self.open(member, "chutich")?;
        for (key, _) in &signed {
            leader.sign(*key, &self.order(member, "leader"))?;
        }
        drop(leader);

        let clerk = self.open(member, "vanthu")?;
        for (key, goal) in &signed {
            if *goal != OutboundState::ToSeal {
                clerk.seal(*key, &self.order(member, "seal"))?;
            }
            if *goal == OutboundState::Issued {
                clerk.issue(*key)?;
            }
        }
        clerk.sync()?;
        Ok(())
    }

    /// One document in each inbound state; what is left over has just arrived.
    fn fill_inbound(&self, member: Member) -> Result<(), Problem> {
        let clerk = self.open(member, "vanthu")?;
        clerk.sync()?;
        let arrived = Filter { inbound: Some(InboundState::Arrived), ..Filter::default() };
        let waiting = clerk.inbound(&arrived, None, 50)?;
        let goals = [
            InboundState::Returned,
            InboundState::Accepted,
            InboundState::Registered,
            InboundState::Assigned,
            InboundState::InProcess,
            InboundState::Completed,
        ];
        let mut begun: Vec<(DocumentKey, InboundState)> = Vec::new();
        // Oldest first, so that arrival numbers follow arrival.
        for (goal, document) in goals.into_iter().zip(waiting.iter().rev()) {
            let key = document.key;
            if goal == InboundState::Returned {
                let reason = clerk.return_reasons().into_iter().next().unwrap_or_default();
                clerk.return_(key, &reason)?;
                continue;
            }
            clerk.accept(key)?;
            if goal == InboundState::Accepted {
                continue;
            }
            clerk.register(key)?;
            if goal == InboundState::Registered {
                continue;
            }
            let due = vanthu::domain::calendar::add_working_days(
                vanthu::domain::calendar::local(Timestamp::now()).date(),
                7,
                clerk.profile().holidays(),
            );
            clerk.assign(key, "soanthao", "Tham mưu văn bản thực hiện", Some(due))?;
            if goal != InboundState::Assigned {
                begun.push((key, goal));
            }
        }
        drop(clerk);

        let drafter = self.open(member, "soanthao")?;
        for (key, goal) in begun {
            drafter.begin(key)?;
            if goal == InboundState::Completed {
                drafter.complete(key, "Đã thực hiện xong")?;
            }
        }
        drop(drafter);
        self.open(member, "vanthu")?.sync()?;
        Ok(())
    }
}

/// A draft of a sample, with blanks for number and date, addressed to `recipient`.
pub fn draft(sample: &Sample, recipient: Member) -> Result<NewDraft, Problem> {
    let mut sheet = sample.sheet.clone();
    sheet.date = None;
    sheet.code.number = String::new();
    Ok(NewDraft {
        file_name: format!("{}.pdf", sample.key),
        pdf: layout::compose(&sheet)?,
        source: None,
        attachments: Vec::new(),
        metadata: Metadata {
            type_key: sample.type_key.clone(),
            subject: sheet.subject.clone(),
            place: sheet.place.clone(),
            signer: sheet.signer.clone(),
            urgency: sheet.urgency,
            code: sheet.code.clone(),
            recipients: vec![Recipient { agency: code(recipient)?, name: String::new() }],
            ..Metadata::default()
        },
    })
}

/// The first sample of an office.
pub fn first_sample(member: Member) -> Result<Sample, Problem> {
    samples_of(member).into_iter().next().ok_or_else(|| OfficeError::FieldInvalid("sample").into())
}

fn directory() -> Result<Vec<Agency>, Problem> {
    let profile = Profile::built_in(PROFILE)?;
    Ok(Directory::read(DIRECTORY.as_bytes(), &profile)?.agencies)
}

fn agency(member: Member) -> Result<Agency, Problem> {
    let code = code(member)?;
    directory()?
        .into_iter()
        .find(|agency| agency.code == code)
        .ok_or_else(|| OfficeError::UnknownAgency(code.to_string()).into())
}

fn code(member: Member) -> Result<AgencyCode, Problem> {
    AgencyCode::new(member.code())
        .ok_or_else(|| OfficeError::UnknownAgency(member.code().to_owned()).into())
}

fn file(error: std::io::Error) -> Problem {
    Problem::new("office-file", Kind::Unavailable, Blame::Environment).because(error)
}

/// A folder that goes away with its owner.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> Result<Self, Problem> {
        let path = std::env::temp_dir().join(format!("vanthu-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(file)?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(Path::new(&self.0));
    }
}

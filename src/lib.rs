//! Văn Thư: the document clerk's workstation of a Vietnamese government office.
//!
//! The house has rooms. Each may use only the rooms listed above it
//! (`tests/architecture.rs` holds everybody to that):
//!
//! | room | holds |
//! | --- | --- |
//! | [`domain`] | the office's procedures as pure types and functions |
//! | [`i18n`] | every sentence a person reads, in Vietnamese and English |
//! | [`rules`] | regulation profiles: what one province and one law ask, as data |
//! | [`pdf`] | structure, rendering, text and appearance of PDF files |
//! | [`pki`] | certificates, paths, revocation, time stamps, CMS |
//! | [`token`] | smart cards and other holders of private keys |
//! | [`signing`] | PAdES signatures: made and checked |
//! | [`packet`] | edXML packets of QCVN 102:2016 |
//! | [`store`] | the encrypted database, the only room with SQL |
//! | [`exchange`] | the line to the provincial server |
//! | [`office`] | the use cases, the only door for the faces below |
//! | `desk` | the window |
//! | `server` | the provincial exchange server |
//!
//! # Glossary
//!
//! One English word for one Vietnamese term, everywhere.
//!
//! | Vietnamese | here |
//! | --- | --- |
//! | văn bản đến, văn bản đi | inbound, outbound document |
//! | số đến | arrival number |
//! | số và ký hiệu | number and notation; together the *code* of a document |
//! | mã định danh cơ quan | agency code |
//! | mã định danh văn bản | document id ([`domain::document::DocumentId`]) |
//! | trích yếu | subject |
//! | nơi nhận | recipients |
//! | văn thư | clerk |
//! | người có thẩm quyền ký | leader (the signer) |
//! | người kiểm tra thể thức | format checker |
//! | thể thức | layout |
//! | chữ ký số cá nhân | personal signature |
//! | chữ ký số cơ quan, con dấu | organisation signature, seal |
//! | dự thảo | draft |
//! | trình | submit |
//! | ý kiến | opinion; what it decides: decision |
//! | góp ý | comment |
//! | phiên bản | version |
//! | phiếu trình | submission slip |
//! | mẫu | template |
//! | nhóm nơi nhận | group of recipients |
//! | văn bản chỉ đạo | steering document |
//! | phạm vi lưu hành | circulation |
//! | phát hành | issue |
//! | tiếp nhận | accept |
//! | đăng ký | register |
//! | sổ đăng ký | register book |
//! | dấu đến | arrival stamp |
//! | ngày chuyển | the day on which a document is passed on |
//! | số bỏ | a number given up |
//! | số giữ lại | reserved number |
//! | bản giấy gửi kèm | letter (on paper) |
//! | bản sao (sao y, sao lục, trích sao) | certified copy (true, reissued, extract) |
//! | theo dõi văn bản đi | follow |
//! | bộ lọc | filter; kept under a name: saved filter |
//! | bản in | print copy |
//! | trả lại, từ chối tiếp nhận | return |
//! | thu hồi | recall |
//! | phân công, chuyển xử lý | assign |
//! | bộ phận | unit |
//! | chủ trì, phối hợp, để biết | lead, cooperate, for information |
//! | ý kiến chỉ đạo | direction |
//! | chuyển tiếp | forward, pass on |
//! | thời hạn giải quyết | term (due) |
//! | yêu cầu của bên gửi (thu hồi, cập nhật, thay thế) | demand |
//! | độ khẩn | urgency |
//! | độ mật | secrecy |
//! | hồ sơ | record |
//! | thời hạn bảo quản | retention |
//! | lưu trữ | archive |
//! | đính chính (sổ) | correction |
//! | nhận dạng ký tự quang học | optical recognition |
//! | trục liên thông | the axis |
//! | gói tin | packet |

#[cfg(feature = "desk")]
pub mod desk;
pub mod domain;
pub mod exchange;
pub mod i18n;
pub mod office;
pub mod packet;
pub mod pdf;
pub mod pki;
pub mod rules;
#[cfg(feature = "server")]
pub mod server;
pub mod signing;
pub mod store;
pub mod token;

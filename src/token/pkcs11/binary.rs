//! What a library file is made for, read from its first bytes: a 32-bit module in a 64-bit
//! program is the most usual mistake with vendors' software, and loaders say it badly.

/// Enough for every header looked at.
pub const HEAD: usize = 4096;

/// The processor that a shared library is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// As in [`std::env::consts::ARCH`]; `None` for rarer ones.
    pub arch: Option<&'static str>,
    pub bits: u8,
}

impl Made {
    /// Whether this program could load it.
    pub fn is_ours(self) -> bool {
        self.arch == Some(std::env::consts::ARCH)
    }
}

impl std::fmt::Display for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} bit", self.arch.unwrap_or("?"), self.bits)
    }
}

/// What the library that begins with `head` is made for; `None` for anything but a shared
/// library of this system.
pub fn made_for(head: &[u8]) -> Option<Made> {
    if cfg!(windows) {
        pe(head)
    } else if cfg!(target_os = "macos") {
        mach_o(head)
    } else {
        elf(head)
    }
}

/// ELF: class, byte order, type ET_DYN, machine.
fn elf(head: &[u8]) -> Option<Made> {
    if !head.starts_with(b"\x7FELF") {
        return None;
    }
    let bits = match head.get(4)? {
        1 => 32,
        2 => 64,
        _ => return None,
    };
    let read: fn([u8; 2]) -> u16 = match head.get(5)? {
        1 => u16::from_le_bytes,
        2 => u16::from_be_bytes,
        _ => return None,
    };
    if read(array(head, 16)?) != 3 {
        return None;
    }
    let arch = match (read(array(head, 18)?), bits) {
        (3, 32) => Some("x86"),
        (62, 64) => Some("x86_64"),
        (40, 32) => Some("arm"),
        (183, 64) => Some("aarch64"),
        _ => None,
    };
    Some(Made { arch, bits })
}

/// PE: the machine in the COFF header, and the flag of a DLL.
fn pe(head: &[u8]) -> Option<Made> {
    if !head.starts_with(b"MZ") {
        return None;
    }
    let coff = u32::from_le_bytes(array(head, 0x3C)?) as usize;
    if head.get(coff..coff.checked_add(4)?)? != b"PE\0\0" {
        return None;
    }
    let flags = u16::from_le_bytes(array(head, coff.checked_add(22)?)?);
    if flags & 0x2000 == 0 {
        return None;
    }
    Some(match u16::from_le_bytes(array(head, coff.checked_add(4)?)?) {
        0x014C => Made { arch: Some("x86"), bits: 32 },
        0x8664 => Made { arch: Some("x86_64"), bits: 64 },
        0xAA64 => Made { arch: Some("aarch64"), bits: 64 },
        0x01C4 => Made { arch: Some("arm"), bits: 32 },
        _ => Made { arch: None, bits: 0 },
    })
}

/// Mach-O: one processor's file, or several in one, among which the loader chooses.
fn mach_o(head: &[u8]) -> Option<Made> {
    let ours = Made { arch: Some(std::env::consts::ARCH), bits: 64 };
    match (head.get(..4)?, array(head, 4).map(u32::from_le_bytes)?) {
        ([0xCF, 0xFA, 0xED, 0xFE], 0x0100_0007) => Some(Made { arch: Some("x86_64"), bits: 64 }),
        ([0xCF, 0xFA, 0xED, 0xFE], 0x0100_000C) => Some(Made { arch: Some("aarch64"), bits: 64 }),
        ([0xCE, 0xFA, 0xED, 0xFE], _) => Some(Made { arch: Some("x86"), bits: 32 }),
        ([0xCA, 0xFE, 0xBA, 0xBE], _) => Some(ours),
        _ => None,
    }
}

fn array<const N: usize>(head: &[u8], at: usize) -> Option<[u8; N]> {
    head.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn elf_head(class: u8, machine: u8) -> Vec<u8> {
        let mut head = vec![0x7F, b'E', b'L', b'F', class, 1, 1];
        head.resize(16, 0);
        head.extend([3, 0, machine, 0]);
        head
    }

    fn pe_head(machine: [u8; 2], flags: [u8; 2]) -> Vec<u8> {
        let mut head = b"MZ".to_vec();
        head.resize(0x3C, 0);
        head.extend([0x80, 0, 0, 0]);
        head.resize(0x80, 0);
        head.extend(b"PE\0\0");
        head.extend(machine);
        head.resize(0x80 + 22, 0);
        head.extend(flags);
        head
    }

    #[test]
    fn thirty_two_bits_are_told_from_sixty_four() {
        assert_eq!(elf(&elf_head(1, 3)), Some(Made { arch: Some("x86"), bits: 32 }));
        assert_eq!(elf(&elf_head(2, 62)), Some(Made { arch: Some("x86_64"), bits: 64 }));
        assert_eq!(elf(&elf_head(2, 183)).unwrap().to_string(), "aarch64, 64 bit");
        let dll = [0x22, 0x20];
        assert_eq!(pe(&pe_head([0x4C, 0x01], dll)), Some(Made { arch: Some("x86"), bits: 32 }));
        let ours = pe(&pe_head([0x64, 0x86], dll)).unwrap();
        assert_eq!(ours, Made { arch: Some("x86_64"), bits: 64 });
        assert_eq!(ours.is_ours(), cfg!(target_arch = "x86_64"));
    }

    #[test]
    fn programs_and_other_files_are_no_libraries() {
        assert_eq!(pe(&pe_head([0x64, 0x86], [0x22, 0x00])), None);
        let mut object = elf_head(2, 62);
        object[16] = 1;
        assert_eq!(elf(&object), None);
        for junk in [&b""[..], b"MZ", b"\x7FELF", b"-----BEGIN CERTIFICATE-----"] {
            assert_eq!((elf(junk), pe(junk), mach_o(junk)), (None, None, None));
        }
    }

    #[test]
    fn the_library_of_this_very_system_is_ours() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        // A test program is a position-independent executable, which looks the same.
        if cfg!(target_os = "linux") {
            assert!(made_for(&own[..HEAD]).unwrap().is_ours());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_readers(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for magic in [&b"MZ"[..], b"\x7FELF", &[0xCF, 0xFA, 0xED, 0xFE], b""] {
                let head = [magic, &bytes].concat();
                let _ = (elf(&head), pe(&head), mach_o(&head));
            }
        }
    }
}

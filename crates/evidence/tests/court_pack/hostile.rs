//! Files that are no packs, or try to be several: each gets a clear line, in bounded time and memory.

use std::io::{self, Read};

use evidence::pack::{Language, verify};

use crate::draft::{checked, failures, terms, whole};

/// Says what the container's line says.
fn refused(pack: &[u8]) -> String {
    let report = checked(pack);
    assert_eq!(failures(&report), ["container"]);
    report.lines(Language::English)
}

fn header(name: &str, size: u32) -> Vec<u8> {
    let mut header = b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0".to_vec();
    header.extend([0; 4]);
    header.extend(size.to_le_bytes());
    header.extend(size.to_le_bytes());
    header.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    header.extend([0, 0]);
    header.extend(name.as_bytes());
    header
}

#[test]
fn what_is_no_pack_is_told_in_one_line() {
    let jpeg = [&[0xff, 0xd8, 0xff, 0xe0], vec![7; 4000].as_slice()].concat();
    let nothing = b"PK\x05\x06".iter().copied().chain([0; 18]).collect::<Vec<u8>>();
    for (wrong, why) in [
        (Vec::new(), "ends within"),
        (b"PK".to_vec(), "ends within"),
        (jpeg, "not of the form"),
        (nothing, "not of the form"),
        (vec![0; 1 << 20], "not of the form"),
    ] {
        let said = refused(&wrong);
        assert!(said.contains(why), "{said}");
        assert_eq!(said.lines().count(), 2);
    }
}

/// Compressed, encrypted, linked, dated, spread or commented: readers differ in what they make of these.
#[test]
fn a_container_in_any_other_form_is_refused() {
    let pack = whole();
    let directory = pack.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
    for (place, bit, what) in [
        (4, 1, "version"),
        (6, 1, "encrypted"),
        (6, 8, "data descriptor"),
        (8, 8, "deflated"),
        (10, 1, "time"),
        (28, 4, "extra field"),
        (directory + 8, 1, "encrypted in the directory"),
        (directory + 10, 8, "deflated in the directory"),
        (directory + 32, 1, "comment"),
        (directory + 41, 0x20, "a symbolic link"),
        (directory + 42, 1, "another offset"),
        (pack.len() - 2, 1, "comment of the container"),
        (pack.len() - 18, 1, "spread over disks"),
        (pack.len() - 14, 1, "another count"),
    ] {
        let mut other = pack.clone();
        other[place] ^= bit;
        let report = checked(&other);
        assert!(failures(&report) == ["container"], "{what}");
    }
}

#[test]
fn a_name_that_leads_elsewhere_or_stands_twice_is_refused() {
    for name in
        ["../x", "/etc/passwd", "a//b", "a/", "", ".hidden", "a/../b", "a\\b", "C:x", "a\0b", "名", "a b"]
    {
        assert!(refused(&header(name, 0)).contains("name"), "{name:?}");
    }
    assert!(refused(&header(&"a".repeat(101), 0)).contains("name"));
    let twice = [header("a.txt", 0), header("A.TXT", 0)].concat();
    assert!(refused(&twice).contains("same name"));
}

#[test]
fn a_file_that_says_to_be_larger_than_it_is_ends_the_check_at_its_end() {
    assert!(refused(&header("evidence/a.mp4", u32::MAX - 1)).contains("ends within"));
    assert!(refused(&header("evidence/a.mp4", u32::MAX)).contains("not of the form"));
}

/// Endless input of one kind.
struct Endless<F>(F);

impl<F: FnMut(&mut [u8])> Read for Endless<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.0)(buffer);
        Ok(buffer.len())
    }
}

#[test]
fn files_without_number_and_papers_without_end_are_too_much() {
    let many: Vec<u8> = (0..3000).flat_map(|n| header(&format!("evidence/{n}"), 0)).collect();
    assert!(refused(&many).contains("more than a pack can hold"));
    let large = header("case/case.json", 100 << 20);
    let endless = large.as_slice().chain(Endless(|buffer: &mut [u8]| buffer.fill(b' ')));
    let report = verify(endless, &terms());
    assert!(report.lines(Language::English).contains("more than a pack can hold"));
}

#[test]
fn a_source_that_fails_is_told() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("a bad sector"))
        }
    }
    let report = verify(Failing, &terms());
    assert!(report.lines(Language::English).contains("cannot be read: a bad sector"));
}

/// Any program reads a pack: this one is not ours.
#[test]
fn a_pack_is_a_zip_file_like_any_other() {
    let pack = whole();
    let mut archive = zip::ZipArchive::new(io::Cursor::new(&pack)).unwrap();
    assert_eq!(archive.len(), 25);
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(file.unix_mode(), Some(0o100_644));
        assert!(!file.is_symlink() && file.enclosed_name().is_some());
    }
    let mut manifest = String::new();
    archive.by_name("manifest.json").unwrap().read_to_string(&mut manifest).unwrap();
    assert!(manifest.contains("kuaichu-court-pack/1"));
}

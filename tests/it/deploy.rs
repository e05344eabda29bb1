//! What lies in deploy/: units that systemd takes, a container without root, a bill of materials that names what is in the lock files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(deploy(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn the_units_are_what_systemd_takes_and_give_the_service_one_folder_and_no_rights() {
    let service = read("huitu.service");
    for line in [
        "User=huitu",
        "UMask=0077",
        "StateDirectoryMode=0700",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
    ] {
        assert!(service.lines().any(|l| l == line), "{line}");
    }
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        crate::support::servers::missing("systemd-analyze", "apt-get install systemd, or tests/setup");
        return;
    };
    assert!(version.status.success());
    // The program is not where the unit says, here.
    let dir = tempfile::tempdir().unwrap();
    let units = ["huitu.service", "huitu-backup.service", "huitu-backup.timer"];
    for unit in units {
        let text = read(unit).replace("/usr/local/bin/huitu", env!("CARGO_BIN_EXE_huitu"));
        std::fs::write(dir.path().join(unit), text).unwrap();
    }
    let checked = Command::new("systemd-analyze").arg("verify").args(units.map(|unit| dir.path().join(unit))).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    // Of our units; what this machine's own say is not ours.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("huitu") && !line.contains("man page")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[test]
fn the_units_and_the_container_call_commands_that_the_program_has() {
    let help = Command::new(env!("CARGO_BIN_EXE_huitu")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut called = BTreeSet::new();
    for unit in ["huitu.service", "huitu-backup.service"] {
        let text = read(unit);
        let line = text.lines().find_map(|l| l.strip_prefix("ExecStart=/usr/local/bin/huitu ")).unwrap().to_owned();
        called.insert(line.split(' ').next().unwrap().to_owned());
    }
    for command in called {
        assert!(help.lines().any(|l| l.trim_start().starts_with(&format!("{command} "))), "{command}");
    }
    let container = read("Containerfile");
    let stages: Vec<&str> = container.split("\nFROM ").collect();
    let last = stages.last().unwrap();
    assert!(last.contains("\nUSER 10001:10001\n") && last.contains("VOLUME /var/lib/huitu"), "{last}");
    assert!(last.find("USER 10001").unwrap() > last.rfind("\nRUN ").unwrap(), "nothing runs as root after it");
    let toolchain = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rust-toolchain.toml")).unwrap();
    let channel = toolchain.lines().find_map(|l| l.strip_prefix("channel = \"")).unwrap().trim_end_matches('"');
    assert!(container.contains(&format!("rust:{channel}-")), "the toolchain of the repository: {channel}");
}

#[test]
fn the_bill_of_materials_names_every_part_once_with_version_and_licence_and_no_tool_of_the_tests() {
    let written = Command::new(deploy("sbom")).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let bill: serde_json::Value = serde_json::from_slice(&written.stdout).unwrap();
    assert_eq!((bill["bomFormat"].as_str(), bill["specVersion"].as_str()), (Some("CycloneDX"), Some("1.5")));
    let parts = bill["components"].as_array().unwrap();
    let refs: BTreeSet<&str> = parts.iter().map(|p| p["bom-ref"].as_str().unwrap()).collect();
    assert_eq!(refs.len(), parts.len(), "each once");
    assert!(parts.iter().all(|p| p["version"].is_string() && p["licenses"].is_array()), "version and licence");
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    for (name, is_there) in [("sqlx", true), ("rustls", true), ("async-graphql", true), ("proptest", false)] {
        let found = parts.iter().filter(|p| p["name"] == name && p["purl"].as_str().unwrap().starts_with("pkg:cargo/"));
        assert_eq!(found.clone().count() > 0, is_there, "{name}");
        for part in found {
            let digest = part["hashes"][0]["content"].as_str().unwrap();
            assert!(lock.contains(&format!("checksum = \"{digest}\"")), "{name}");
        }
    }
    assert!(parts.iter().any(|p| p["purl"].as_str().unwrap().starts_with("pkg:npm/")), "the workbench's too");
    let again = Command::new(deploy("sbom")).output().unwrap();
    assert_eq!(again.stdout, written.stdout, "the same parts, the same bill");
}

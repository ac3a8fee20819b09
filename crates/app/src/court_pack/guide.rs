//! How to check a pack, for whoever opens it without us.

/// The text of `README.txt`.
pub(super) const GUIDE: &str = "\
道路交通事故案件证据包 —— 核验说明
================================

本文件是一个 ZIP，用任何解压软件都能打开。先看 summary.html 或 summary.pdf（案件摘要）。

一、用程序核验（离线，不需要数据库和网络）
    kuaichu verify 文件 --at 核验时间 --key 服务公布的公钥文件
    例：kuaichu verify pack.zip --at 2026-12-01T00:00:00Z --key jwks.json --lang zh
    逐行说明成立、不成立及原因；全部成立时退出码为 0。同一文件、同一 --at，任何时候结果相同。
    请务必从本服务或其上级机关另行取得公钥（或核对指纹），不要只相信包内的密钥。

二、用通用工具核验要点
    1. 任一文件：计算 SHA-256（sha256sum），与 manifest.json 中所列比较。
    2. manifest.jws 是对 manifest.json 的 SHA-256 的签名（JWS，EdDSA），公钥见 keys/jwks.json。
    3. journal/entries.jsonl 每行是一条日志。第 n 条的哈希 = SHA-256(第 n-1 条的哈希 ‖ 该行的字节，不含换行)；
       第 1 条之前的哈希是 SHA-256(\"kuaichu journal 1\")。
    4. 日志所称的每个哈希，就是包内某个文件的 SHA-256：照片、录音录像、陈述、文书、撤离凭证。
    5. log/proofs.json 按 RFC 9162 证明每条日志都在 log/checkpoint.txt 的树中（叶子的内容是该条的 32 字节哈希）。
       检查点的格式是 C2SP signed-note/tlog-checkpoint；见证人的联署是 C2SP tlog-cosignature。
    6. log/stamped.tst（如有）是对 log/stamped.txt 的 RFC 3161 时间戳，可用 openssl ts -verify -token_in 核验；
       log/consistency.json 证明日志在两个检查点之间只增不改。

三、各项结论依赖于谁
    - 文件与日志一致、日志前后相连：不依赖任何人，是数学。
    - 由本服务制作、出具：依赖服务的密钥（请核对指纹）。
    - 日志对所有人相同、事后没有重写：依赖见证人（如保险公司、法院）的联署。
    - 早于某一时间：依赖时间戳机构和见证人。
    - 照片内容是否真实、陈述是否属实：不由本包证明。


Court pack of a road accident case -- how to check it
=====================================================

This file is a ZIP that every program opens. Begin with summary.html or summary.pdf.

1. With the program (offline; no database, no network)
    kuaichu verify FILE --at TIME --key PUBLISHED-KEYS
    for example: kuaichu verify pack.zip --at 2026-12-01T00:00:00Z --key jwks.json --lang en
    It says line by line what holds, what does not and why; the exit code is 0 only if all holds. The same file
    and the same --at give the same answer at any time. Take the public keys from the service or the authority
    above it (or compare their fingerprints): do not rely on the keys in the pack alone.

2. With common tools
    a. Any file: its SHA-256 (sha256sum) stands in manifest.json.
    b. manifest.jws signs the SHA-256 of manifest.json (JWS, EdDSA); the public keys are in keys/jwks.json.
    c. Each line of journal/entries.jsonl is an entry. The hash of entry n is SHA-256(hash of entry n-1 || the
       line's bytes without the line feed); before entry 1 stands SHA-256(\"kuaichu journal 1\").
    d. Every hash that the journal names is the SHA-256 of a file of the pack: photos, recordings, statements,
       documents, receipts.
    e. log/proofs.json proves by RFC 9162 that every entry is in the tree of log/checkpoint.txt (a leaf's content is
       the 32 bytes of the entry's hash). Checkpoints are C2SP signed-note/tlog-checkpoint, those of witnesses C2SP
       tlog-cosignature.
    f. log/stamped.tst, if there is one, is an RFC 3161 timestamp of log/stamped.txt (openssl ts -verify -token_in);
       log/consistency.json proves that the log only grew between the two checkpoints.

3. Who has to be trusted for what
    - That files and journal belong together, and that the journal is unbroken: nobody; that is arithmetic.
    - That this service made it: the service's key (compare its fingerprint).
    - That everybody is shown the same log and it was not rewritten: the witnesses who cosigned.
    - That it existed before some time: the timestamp authority and the witnesses.
    - That photos show and statements tell the truth: this pack does not prove that.
";

//! What a browser finds: the page of an invitation, which never learns the code behind its `#`, and the word to search
//! engines that nothing here is for them.

use actix_web::{HttpResponse, get, http::header};

/// What the page may do: show its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
<meta name=\"robots\" content=\"noindex, nofollow\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
<title>加入事故处理 Join an accident case</title>\n\
<style>body{font-family:\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans SC\",sans-serif;max-width:40rem;margin:0 auto;\
padding:1rem;color:#111;background:#fff;line-height:1.6}.en{color:#555}</style>\n</head>\n<body>\n\
<h1>加入事故处理 <small class=\"en\" lang=\"en\">Join an accident case</small></h1>\n\
<p>对方当事人邀请您在线处理一起交通事故。请复制本页的完整地址，打开微信小程序，选择“加入案件”并粘贴。\
邀请30分钟内有效，只能使用一次，请勿转发。没有智能手机的，可以请民警电话听取并代为录入。</p>\n\
<p class=\"en\" lang=\"en\">The other party invites you to handle an accident online. Copy the whole address of this page, \
open the mini-program in WeChat, choose to join a case and paste it. The invitation holds for 30 minutes and works once: \
do not pass it on. Without a smartphone, ask an officer to hear you and enter what you say.</p>\n\
<p>本页不读取、不保存、不发送您的邀请码。<br><span class=\"en\" lang=\"en\">This page does not read, keep or send the code \
of your invitation.</span></p>\n</body>\n</html>\n";

/// Where an invitation leads a browser. The code stands behind `#`, so it reaches neither this server nor its logs.
#[get("/join")]
pub(crate) async fn join() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .content_type("text/html; charset=utf-8")
        .body(PAGE)
}

/// Nothing is for search engines.
#[get("/robots.txt")]
pub(crate) async fn robots() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("User-agent: *\nDisallow: /\n")
}

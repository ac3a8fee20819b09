//! Every error of the API: one table of codes, statuses and texts. `api-spec/errors.json` is made from it.

use serde::Serialize;

/// What belongs to one code. Clients may rely on the code and the status; texts may be improved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The stable code.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in Chinese.
    pub title: &'static str,
    /// What happened, in English.
    pub title_en: &'static str,
    /// What to do next, in Chinese.
    pub detail: &'static str,
    /// What to do next, in English.
    pub detail_en: &'static str,
}

macro_rules! codes {
    ($($name:ident $code:literal $status:literal
        $title:literal $title_en:literal
        $detail:literal $detail_en:literal;)+) => {
        /// A stable code of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $code, "`: ", $title_en)] $name,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What belongs to the code.
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$name => Entry {
                        code: $code,
                        status: $status,
                        title: $title,
                        title_en: $title_en,
                        detail: $detail,
                        detail_en: $detail_en,
                    },)+
                }
            }
        }
    };
}

codes! {
    // The request itself.
    BadRequest "bad_request" 400
        "请求有误" "The request is not understood"
        "请对照接口文档检查请求。" "Compare the request with the API description.";
    MalformedJson "malformed_json" 400
        "请求内容不是有效的 JSON" "The body is not the JSON that was expected"
        "请检查 JSON 格式、字段名称和取值类型。" "Check the JSON, the names of its fields and the types of their values.";
    MalformedPath "malformed_path" 400
        "地址中的参数有误" "A part of the address is malformed"
        "请检查地址中的编号。" "Check the identifiers in the address.";
    MalformedQuery "malformed_query" 400
        "查询参数有误" "The query is malformed"
        "请检查查询参数的名称和取值。" "Check the names and values of the query.";
    MalformedForm "malformed_form" 400
        "表单内容有误" "The form is malformed"
        "请检查表单字段。" "Check the fields of the form.";
    MalformedMultipart "malformed_multipart" 400
        "上传内容格式有误" "The multipart body is malformed"
        "请按 multipart/form-data 重新上传。" "Send the upload again as multipart/form-data.";
    UploadInterrupted "upload_interrupted" 400
        "上传中断" "The upload broke off"
        "请在网络恢复后重新上传,已中断的内容不会保留。" "Send it again; nothing of the broken upload was kept.";
    IdempotencyKeyMissing "idempotency_key_missing" 400
        "缺少 Idempotency-Key 请求头" "The header Idempotency-Key is missing"
        "请为每次操作生成一个新的键,重试时使用同一个键。" "Make a new key for each action and use the same one when you retry.";
    IdempotencyKeyMalformed "idempotency_key_malformed" 400
        "Idempotency-Key 格式有误" "The Idempotency-Key is malformed"
        "请使用 8 到 128 个可见 ASCII 字符,且只发送一次。" "Use 8 to 128 visible ASCII characters, once.";
    IfMatchMalformed "if_match_malformed" 400
        "If-Match 格式有误" "The If-Match is malformed"
        "请原样发送读取案件时得到的 ETag。" "Send the ETag you got with the case, as it was.";
    OauthInvalidRequest "oauth_invalid_request" 400
        "令牌请求有误" "The token request is malformed"
        "请检查表单字段 grant_type、client_id 和 client_secret。" "Check grant_type, client_id and client_secret.";
    OauthUnsupportedGrant "oauth_unsupported_grant" 400
        "不支持的授权类型" "The grant type is not supported"
        "请使用 grant_type=client_credentials。" "Use grant_type=client_credentials.";
    OauthInvalidScope "oauth_invalid_scope" 400
        "请求的授权范围无效" "The scope is not granted"
        "请省略 scope。" "Leave scope out.";
    UnknownRoute "unknown_route" 404
        "没有这个地址" "There is no such address"
        "请对照接口文档检查地址。" "Compare the address with the API description.";
    MethodNotAllowed "method_not_allowed" 405
        "此地址不支持该方法" "The address does not know this method"
        "允许的方法见 Allow 响应头。" "The header Allow names the methods it knows.";
    BodyTooSlow "body_too_slow" 408
        "内容传输过慢" "The body came too slowly"
        "请在网络良好时重新发送,使用同一个键不会重复办理。" "Send it again on a better connection; the same key does nothing twice.";
    BodyTooLarge "body_too_large" 413
        "内容过大" "The body is too large"
        "请减小内容后重新发送。" "Send less.";
    UnsupportedMediaType "unsupported_media_type" 415
        "不支持的内容类型" "The content type is not supported"
        "请按接口文档设置 Content-Type。" "Set the Content-Type that the API description names.";
    RangeNotSatisfiable "range_not_satisfiable" 416
        "请求的字节范围超出文件长度" "The range begins behind the end of the file"
        "请按文件长度重新请求。" "Ask for a range within the file.";
    InvalidValue "invalid_value" 422
        "字段内容无效" "A field holds an invalid value"
        "请按 rule 的说明更正 field 所指的字段。" "Correct the field named in `field` as `rule` says.";
    IdempotencyKeyReused "idempotency_key_reused" 422
        "该键已用于另一个请求" "The key was used for another request"
        "请为新的操作生成新的键。" "Make a new key for a new action.";
    IfMatchMissing "if_match_missing" 428
        "缺少 If-Match 请求头" "The header If-Match is missing"
        "请先读取案件,再把得到的 ETag 放入 If-Match。" "Read the case first and send its ETag as If-Match.";
    TooManyRequests "too_many_requests" 429
        "请求过于频繁" "Too many requests"
        "请在 retry_after 秒后再试。" "Try again after `retry_after` seconds.";

    // Who asks.
    Unauthenticated "unauthenticated" 401
        "尚未登录或登录已失效" "Not signed in, or no longer"
        "请登录或刷新会话后再试。" "Sign in or refresh the session, then try again.";
    SignInFailed "sign_in_failed" 401
        "登录失败" "Sign-in failed"
        "请检查用户名、密码和动态口令。" "Check the user name, the password and the one-time code.";
    SessionEnded "session_ended" 401
        "会话已结束" "The session has ended"
        "请重新登录。" "Sign in again.";
    WechatCodeRefused "wechat_code_refused" 401
        "微信登录凭证无效或已使用" "The WeChat code is wrong, used or expired"
        "请重新调用 wx.login 取得新的凭证。" "Call wx.login again for a new code.";
    OauthInvalidClient "oauth_invalid_client" 401
        "客户端身份验证失败" "The client is not known or its secret is wrong"
        "请检查 client_id 和 client_secret。" "Check client_id and client_secret.";
    CallbackForged "callback_forged" 401
        "回调签名无效" "The callback's signature does not hold"
        "请检查签名密钥、签名内容和时间(误差不超过五分钟)。" "Check the key, the signed content and the time (within five minutes).";
    WechatBlocked "wechat_blocked" 403
        "微信已限制该用户登录" "WeChat blocks this user"
        "请联系微信客服,或拨打 122 现场报警。" "Ask WeChat's support, or call 122.";
    Forbidden "forbidden" 403
        "无权进行此操作" "Not allowed"
        "请使用有权限的账号。" "Use an account that may do this.";
    NotAParty "not_a_party" 403
        "只有本案当事人可以进行此操作" "Only a party of the case may do this"
        "请先用邀请加入案件。" "Join the case by its invitation first.";
    NotTheReviewer "not_the_reviewer" 403
        "只有办理本案的民警可以进行此操作" "Only the officer who holds the case may do this"
        "请先领取案件。" "Take the case first.";
    ConflictOfInterest "conflict_of_interest" 403
        "依法应当回避" "The officer must recuse himself"
        "请将案件交由其他民警办理。" "Leave the case to another officer.";
    NotOfTheUnitAbove "not_of_the_unit_above" 403
        "只有上一级单位的复核民警可以进行此操作" "Only officers of the unit above review"
        "请由复核民警办理。" "Leave it to a reviewer.";
    HandledBefore "handled_before" 403
        "您曾办理过本案" "You had a part in this case before"
        "请将案件交由其他民警办理。" "Leave the case to another officer.";
    FourEyes "four_eyes" 403
        "复核结论须由另一名民警确认" "Another reviewer must confirm the conclusion"
        "办理复核的民警不得少于二人，请由另一名复核民警确认或者退回。" "At least two officers review. Ask another reviewer to confirm the draft or send it back.";
    NotTheApplicant "not_the_applicant" 403
        "只有复核申请人可以撤回申请" "Only who asked for the review takes it back"
        "请由申请人操作。" "Ask the applicant to do it.";
    NotYourDispatch "not_your_dispatch" 403
        "该任务已指派给其他处置人员" "The task belongs to another unit"
        "请刷新任务列表。" "Reload your tasks.";
    TooManyTexts "too_many_texts" 429
        "今天发送的短信已达上限" "As many text messages went out today as may"
        "请让对方当面扫码，或者联系民警；也可以在 retry_after 秒后再试。" "Let the other party scan the QR code or ask an officer, or try again after `retry_after` seconds.";
    LockedOut "locked_out" 429
        "登录失败次数过多" "Too many failed sign-ins"
        "请在 retry_after 秒后再试。" "Try again after `retry_after` seconds.";

    // What is asked for.
    NotFound "not_found" 404
        "未找到" "There is no such thing"
        "请检查编号;不属于您的内容同样显示为未找到。" "Check the number; what is not yours looks the same.";
    StaleVersion "stale_version" 412
        "案件已被更新" "The case was changed since it was read"
        "请重新读取案件,核对后再提交。" "Read the case again, check it and send your decision anew.";
    ChangedMeanwhile "changed_meanwhile" 409
        "内容刚刚被他人更改" "Somebody else changed it at the same moment"
        "请重新读取后再试。" "Read it again and retry.";
    AlreadyExists "already_exists" 409
        "该内容已存在" "It exists already"
        "请使用已有的内容,或换一个名称。" "Use what is there, or another name.";
    CallbackMalformed "callback_malformed" 422
        "回调内容不符合约定" "The callback does not follow the profile"
        "请对照保险公司接口规范检查内容。" "Compare the body with the insurers' profile.";

    // What the rules say.
    LogNotThatLarge "log_not_that_large" 409
        "日志还没有这么大" "The log has no such tree"
        "请使用不大于最新检查点的规模,并先小后大;较新的记录请稍后再查。" "Use sizes up to that of the newest checkpoint, the earlier one first; ask again later for a recent entry.";
    WrongStage "wrong_stage" 409
        "案件当前阶段不能进行此操作" "The case is in a stage that does not allow this"
        "请刷新案件,按当前阶段的提示办理。" "Reload the case and follow what its stage asks for.";
    LeaseLost "lease_lost" 409
        "案件办理占用已到期" "The lease on the case has run out"
        "请重新领取案件。" "Take the case again.";
    LaneForbids "lane_forbids" 409
        "案件所在的处置通道不允许此操作" "The lane of the case does not allow this"
        "请按案件给出的指引办理。" "Follow the instructions given with the case.";
    MediationExcluded "mediation_excluded" 409
        "本认定书不能申请当场调解" "The determination is not open to mediation"
        "已调解过、有人拒绝签名或者对认定有异议的，不再当场调解；可以申请人民调解或者向法院起诉。"
        "It was held, somebody refused to sign or objects; turn to a people's mediation committee or sue.";
    MediationNotOpen "mediation_not_open" 409
        "没有正在进行的调解" "No mediation is open"
        "调解须由各方当事人共同请求；请查看案件中的调解状态。"
        "All parties must ask for it together; see the state of the mediation in the case.";
    MediationOpen "mediation_open" 409
        "调解正在进行" "A mediation is open"
        "请先达成协议或者退出调解，再签署认定书。" "Agree, or withdraw from the mediation; then sign.";
    PartySpeaksItself "party_speaks_itself" 409
        "该当事人应由本人操作" "The party speaks for itself"
        "该当事人有自己的账户，请由本人办理。" "The party has an account of its own and must do this itself.";
    PhotoUnknown "photo_unknown" 409
        "没有这张照片" "There is no such photo"
        "请选择该当事人在本案中上传的照片。" "Name photos that this party stored in this case.";
    SharesOutOfBounds "shares_out_of_bounds" 409
        "赔偿比例超出责任等级的范围" "The shares are not within the bounds of the grades"
        "请为每一方填写责任等级允许范围内的比例，合计为百分之百。"
        "Give every party a share within the bounds of its grade, 100 percent together.";
    TermsExceedLoss "terms_exceed_loss" 409
        "赔偿金额超过损失" "The terms pay more than was lost"
        "请先填写损失项目；付给每一方的金额应大于零且不超过其损失合计。"
        "Enter the items of damage first; what each gets is above zero and not more than it lost.";
    OwnClaimsNotOffered "own_claims_not_offered" 409
        "不符合“互碰自赔”条件" "Claiming from one's own insurer is not open here"
        "请查看赔偿计算中列出的各项条件。" "See the conditions in the calculation.";
    TermsClosed "terms_closed" 409
        "该调解方案已不能答复" "These terms are not open any more"
        "已有新的方案，或者该方案已被拒绝；请刷新案件。" "Something newer took their place, or they were declined; reload the case.";
    TooManyTerms "too_many_terms" 409
        "调解方案数量已达上限" "As many terms were proposed as a mediation may hold"
        "请接受已有方案，或者结束调解。" "Accept what was proposed, or end the mediation.";
    EvidenceMissing "evidence_missing" 409
        "必需的现场照片不全" "Mandatory photos are missing"
        "请在确保安全的前提下补拍 missing 中列出的照片。" "Take the photos listed in `missing`, if it is safe.";
    StatementMissing "statement_missing" 409
        "尚未填写事故陈述" "The statement is missing"
        "请先填写事故经过。" "Give your statement first.";
    ConsentMissing "consent_missing" 409
        "尚未同意线上处理" "The consent to remote handling is missing"
        "请阅读并同意线上处理;不同意的请等候民警到现场。" "Agree to remote handling, or wait for an officer at the scene.";
    JointApplicationMissing "joint_application_missing" 409
        "各方当事人尚未共同申请" "Not every party has applied"
        "请等待其他当事人提交申请。" "Wait until the other parties have applied.";
    PartyMissing "party_missing" 409
        "还有当事人未加入案件" "Not every party has joined the case"
        "请邀请其他当事人加入,或申请民警处理。" "Invite the others, or apply for handling by an officer.";
    TooManyProposals "too_many_proposals" 409
        "本案提出协议的次数已达上限" "The case holds as many proposals as it may"
        "请申请民警认定责任。" "Apply for a determination by an officer.";
    InvitationUsed "invitation_used" 409
        "邀请已被使用" "The invitation has been used"
        "请向报案人索取新的邀请。" "Ask whoever reported for a new invitation.";
    AlreadyAParty "already_a_party" 409
        "您已是本案当事人" "You are a party of this case already"
        "请直接打开案件。" "Open the case.";
    NoSeatLeft "no_seat_left" 409
        "本案当事人已全部加入" "All parties of the case have joined"
        "如有其他车辆涉及事故,请报案人更正。" "If another vehicle was involved, ask whoever reported to correct it.";
    TooManyPhotos "too_many_photos" 409
        "照片数量已达上限" "As many photos as a case may hold are stored"
        "如确有必要,请联系办理民警。" "Tell the officer if more are needed.";
    TooManyRecordings "too_many_recordings" 409
        "录像录音数量已达上限" "As many recordings as a case may hold are stored"
        "如确有必要，请联系办理民警。" "Tell the officer if more are needed.";
    TooManyCommitments "too_many_commitments" 409
        "已登记的证据数量达到上限" "As much evidence as a case may hold is committed"
        "请先上传已登记的照片。" "Upload what was committed first.";
    CommitmentUnknown "commitment_unknown" 404
        "没有这项证据登记" "There is no such commitment of yours in this case"
        "请查询案件后重试，或者不带登记编号上传。" "Read the case and try again, or upload without naming a commitment.";
    RecordingUnknown "recording_unknown" 404
        "没有这段录音录像" "There is no such recording of yours in this case"
        "请先上传录音，再提交陈述。" "Upload the recording first, then give the statement.";
    StatementChanged "statement_changed" 409
        "陈述已更新" "The statement confirmed is not the latest one"
        "请重新阅读最新陈述后再确认。" "Read the latest statement again, then confirm it.";
    SketchChanged "sketch_changed" 409
        "示意图已更新" "The sketch confirmed is not the current one"
        "请重新查看最新示意图后再确认。" "Look at the sketch again, then confirm it.";
    TooManyStatements "too_many_statements" 409
        "陈述次数已达上限" "As many versions of the statement as a case may hold"
        "请联系民警说明需要更正的内容。" "Tell the officer what has to be corrected.";
    TooManyInvitations "too_many_invitations" 409
        "邀请次数已达上限" "As many invitations as a case may make"
        "请让对方当面扫码，或者单独提交由民警处理。" "Let the other party scan the code, or apply alone: an officer decides how it goes on.";
    DocumentChanged "document_changed" 409
        "所签文书不是当前有效的版本" "The document signed is not the current one"
        "请重新打开文书,阅读后再签名。" "Open the document again, read it and sign.";
    AlreadyAnswered "already_answered" 409
        "该当事人已签名或拒绝签名" "The party has already signed or refused"
        "无需再次操作。" "Nothing is left to do.";
    NotYourEntry "not_your_entry" 409
        "不能代该当事人录入" "Nothing can be entered here for this party"
        "由该当事人本人、最初代为录入的当事人或者办理民警录入。" "The party itself enters it, the party who began to enter it, or the officer who holds the case.";
    PhoneOfAnother "phone_of_another" 409
        "该手机号码已登记给另一方当事人" "The phone is on record for another party"
        "请填写该当事人本人的手机号码，或者由民警向其核实。" "Give the party's own phone, or let an officer ask it.";
    NothingToConfirm "nothing_to_confirm" 409
        "该当事人自行办理，无需确认" "The party acts for itself: there is nothing to confirm"
        "无需再次操作。" "Nothing is left to do.";
    HelpNotAgreed "help_not_agreed" 409
        "该当事人尚未同意由他人协助" "The party has not agreed to being helped"
        "协助人不能代为签名；请先由本人以验证码确认，或者由民警核实。" "A helper cannot sign before: let the party agree by a code, or tell an officer.";
    PhoneMissing "phone_missing" 409
        "尚未登记手机号码" "The party has no phone on record"
        "请先填写当事人的手机号码，再获取验证码。" "Give the party's phone first, then ask for a code.";
    DocumentNotOpened "document_not_opened" 409
        "尚未打开要签名的文书" "The document was not opened yet"
        "请先打开文书，阅读后再签名。" "Open the document, read it and then sign.";
    PartySignsItself "party_signs_itself" 409
        "该当事人应当自行签名" "The party signs itself"
        "请由当事人登录后签名；拒绝签名的，可以注明。" "Let the party sign in and sign; note it if it refuses.";
    SigningCodeWrong "signing_code_wrong" 422
        "签名验证码不正确" "The one-time code is wrong"
        "请核对最近一条短信中的验证码；输错五次后须重新获取。" "Check the code in the newest text message; after five wrong tries a new one is needed.";
    SigningCodeExpired "signing_code_expired" 410
        "没有可用的签名验证码" "No one-time code can be used"
        "验证码五分钟内有效且只能使用一次，请重新获取。" "A code holds for five minutes and works once: ask for a new one.";
    TooManySigningCodes "too_many_signing_codes" 429
        "获取验证码过于频繁" "Too many codes were asked for"
        "请在 retry_after 秒后再试；急需签名的，请联系办理民警。" "Try again after `retry_after` seconds, or ask the officer.";
    SignatureImageInvalid "signature_image_invalid" 422
        "签名图片无法识别" "The signature is not a drawing that can be kept"
        "请上传不超过 180 kB、不超过 2000×1000 像素的 PNG 图片。" "Send a PNG of at most 180 kB and 2000 by 1000 pixels.";
    SignatureImageBlank "signature_image_blank" 422
        "签名图片是空白的" "Nothing is drawn in the signature"
        "请在签名框内手写签名后再提交。" "Draw your signature, then send it.";
    AlreadyServed "already_served" 409
        "文书已经送达该当事人" "The document was served to this party already"
        "无需再次登记送达。" "Nothing is left to note.";
    UnitBusy "unit_busy" 409
        "处置人员正在执行其他任务" "The unit is on another task"
        "请先完成当前任务。" "Finish the present task first.";
    TooFarFromScene "too_far_from_scene" 409
        "当前位置距离现场过远" "The position is too far from the scene"
        "请到达现场后再操作。" "Try again at the scene.";
    NoUnitFree "no_unit_free" 409
        "附近没有空闲的处置人员" "No unit on duty is free"
        "请稍后再试,或转由民警到现场处理。" "Try again later, or hand the case to the patrol.";
    ReviewUsed "review_used" 409
        "本事故已申请过复核" "A review has been asked for in this case already"
        "同一事故的复核以一次为限。如仍有异议，可以向人民法院提起民事诉讼。" "An accident is reviewed once. If you still object, you can sue at the people's court.";
    ReviewTooLate "review_too_late" 409
        "复核申请已逾期" "The time for asking for a review is over"
        "逾期申请已记录在案，不予受理。您可以申请人民调解，或者向人民法院提起民事诉讼。" "Your late request is on record and is not accepted. You can ask for people's mediation, or sue at the people's court.";
    AgreementNotReviewed "agreement_not_reviewed" 409
        "自行协商协议不适用复核" "An agreement is not reviewed"
        "协议书由当事人自行达成。如有争议，可以申请人民调解，或者向人民法院提起民事诉讼。" "The agreement is the parties' own act. In a dispute, ask for people's mediation, or sue at the people's court.";
    NoReview "no_review" 409
        "本案没有复核申请" "There is no review"
        "请刷新案件。" "Reload the case.";
    ReviewState "review_state" 409
        "复核当前状态不允许此操作" "The review stands where this cannot be done"
        "请刷新案件，查看复核进展。" "Reload the case to see where the review stands.";
    SuitNoted "suit_noted" 409
        "已记录诉讼情况" "A suit was noted already"
        "无需再次操作，复核继续进行。" "Nothing is left to do; the review goes on.";
    AlreadyDispatched "already_dispatched" 409
        "已派出处置人员" "A unit has already been sent"
        "请等候处置人员到达。" "Wait for the unit.";
    LegalHoldStands "legal_hold_stands" 409
        "案件已被依法保全" "The case is under legal hold already"
        "如需变更保全原因,请先解除现有保全。" "Lift the present hold first, if its reason has changed.";
    NoLegalHold "no_legal_hold" 409
        "案件未被保全" "The case is not under legal hold"
        "无需再次操作。" "Nothing is left to do.";
    EvidenceErased "evidence_erased" 410
        "该证据的保存期限已满,内容已删除" "The bytes of this evidence were removed at the end of their term"
        "其哈希值和案件日志仍可查证。" "Its digest and the journal of the case still prove what it was.";
    InvitationExpired "invitation_expired" 410
        "邀请已过期" "The invitation has expired"
        "请向报案人索取新的邀请。" "Ask whoever reported for a new invitation.";
    LiabilityIncomplete "liability_incomplete" 422
        "责任判定不完整" "A grade is needed for each party and nobody else"
        "请为每一方当事人给出一项责任。" "Give exactly one grade to each party of the case.";
    OutcomeUnknown "outcome_unknown" 422
        "复核结论不适用于该文书" "The outcome does not go with what is reviewed"
        "责令重新认定须选择理由；对事故证明只能维持，或者责令重新调查、认定，且不选择理由。" "An order to determine anew needs its grounds; a certificate is upheld, or to be investigated anew without grounds.";
    GradeNotAllowed "grade_not_allowed" 409
        "本市快速处理不适用该责任等级" "The city does not use one of these grades here"
        "请改用其他责任等级,或申请民警认定责任。" "Use other grades, or apply for a determination by an officer.";
    ReasonRequired "reason_required" 422
        "与建议不同的判定须说明理由" "A decision that differs from the proposal needs a reason"
        "请填写理由。" "Write the reason.";

    // Photos.
    PhotoTooLarge "photo_too_large" 413
        "照片文件过大" "The photo has too many bytes"
        "请发送不超过 limit 字节的照片。" "Send a photo of at most `limit` bytes.";
    PhotoNotAnImage "photo_not_an_image" 415
        "文件不是图片" "The file is not an image"
        "请用相机重新拍摄并发送。" "Take the photo with the camera and send it.";
    PhotoFormatUnsupported "photo_format_unsupported" 415
        "不支持的图片格式" "The image format is not accepted"
        "请发送 JPEG、PNG 或 WebP 照片。" "Send JPEG, PNG or WebP.";
    PhotoEmpty "photo_empty" 422
        "照片文件为空" "The photo is empty"
        "请重新选择照片并发送。" "Choose the photo again and send it.";
    PhotoTooManyPixels "photo_too_many_pixels" 422
        "照片像素过大" "The photo has too many pixels"
        "请用较低的分辨率重新拍摄。" "Take the photo with a lower resolution.";
    PhotoTruncated "photo_truncated" 422
        "照片不完整" "The photo is cut off"
        "请重新发送该照片。" "Send the photo again.";
    PhotoDamaged "photo_damaged" 422
        "照片已损坏" "The photo is damaged"
        "请重新拍摄并发送。" "Take the photo again and send it.";
    PhotoNotViewable "photo_not_viewable" 404
        "照片无法显示" "The photo cannot be shown"
        "原件已保存,可以下载原件。" "Its original is kept and can be downloaded.";
    PhotoNotReady "photo_not_ready" 503
        "照片正在处理" "The copies of the photo are still being made"
        "请在 retry_after 秒后再试。" "Try again after `retry_after` seconds.";

    // Recordings.
    RecordingTooLarge "recording_too_large" 413
        "录音录像文件过大" "The recording has too many bytes"
        "请缩短后重新录制,或者使用断点续传上传。" "Record a shorter one, or send it as a resumable upload.";
    RecordingFormatUnsupported "recording_format_unsupported" 415
        "不支持的录音录像格式" "The file is not a recording of an accepted format"
        "请发送 M4A、AAC、MP3、AMR、OGG、WAV、WebM、MP4、MOV 或 3GP。" "Send M4A, AAC, MP3, AMR, OGG, WAV, WebM, MP4, MOV or 3GP.";
    RecordingEmpty "recording_empty" 422
        "录音录像文件为空" "The recording is empty"
        "请重新录制并发送。" "Record it again and send it.";

    // Uploads in parts (tus).
    UploadVersion "upload_version" 412
        "不支持的续传协议版本" "This version of the upload protocol is not spoken"
        "请发送请求头 Tus-Resumable: 1.0.0。" "Send the header Tus-Resumable: 1.0.0.";
    UploadHeader "upload_header" 400
        "续传请求头有误" "A header of the upload is missing or malformed"
        "请按 tus 1.0.0 设置 field 所指的请求头。" "Set the header named in `field` as tus 1.0.0 says.";
    UploadChecksumUnsupported "upload_checksum_unsupported" 400
        "不支持的校验算法" "The checksum's algorithm is not supported"
        "请使用 sha1 或 sha256。" "Use sha1 or sha256.";
    UploadOffset "upload_offset" 409
        "续传位置不符" "The upload stands at another offset"
        "请先用 HEAD 查询进度,再从该处继续。" "Ask for the offset with HEAD and go on from there.";
    UploadExpired "upload_expired" 410
        "上传已过期" "The upload has expired"
        "请重新开始上传。" "Begin again.";
    UploadTooLarge "upload_too_large" 413
        "文件过大" "The file has too many bytes"
        "请发送不超过 limit 字节的内容。" "Send at most `limit` bytes.";
    UploadNoRoom "upload_no_room" 413
        "未完成的上传或本案证据占用空间过多" "Unfinished uploads, or the case, would take too many bytes"
        "请先完成或取消其他上传;总量不能超过 limit 字节。" "Finish or cancel other uploads; all together may have `limit` bytes.";
    UploadNotAsAnnounced "upload_not_as_announced" 422
        "文件内容与声明的哈希值不符" "The bytes are not those whose hash was announced"
        "请重新选择文件并上传。" "Choose the file again and upload it.";
    UploadLocked "upload_locked" 423
        "另一个请求正在写入此上传" "Another request is writing to the upload"
        "请稍候片刻,用 HEAD 查询进度后继续。" "Wait a moment, ask for the offset with HEAD and go on.";
    TooManyUploads "too_many_uploads" 429
        "未完成的上传过多" "Too many unfinished uploads"
        "请先完成或取消其他上传。" "Finish or cancel other uploads first.";
    UploadChecksumMismatch "upload_checksum_mismatch" 460
        "本次内容与校验值不符,未保留" "The bytes of this request do not have their checksum; none were kept"
        "请重新发送这一部分。" "Send this part again.";

    // The service.
    Internal "internal" 500
        "服务内部错误" "A fault inside the service"
        "请稍后再试;如持续出现,请提供 request_id 联系管理员。" "Try again later; if it stays, tell the administrator the request_id.";
    WechatUnavailable "wechat_unavailable" 503
        "微信服务暂时不可用" "WeChat is unavailable"
        "请在 retry_after 秒后再试。" "Try again after `retry_after` seconds.";
    NotSetUp "not_set_up" 503
        "系统尚未完成设置" "The service has not been set up"
        "请管理员先导入辖区数据。" "The administrator has to load the city's data first.";
    Unavailable "unavailable" 503
        "服务暂时不可用" "The service is unavailable"
        "请在 retry_after 秒后用同一个键再试。" "Try again after `retry_after` seconds with the same key.";
    NoSpace "no_space" 507
        "存储空间不足" "No space is left"
        "请在 retry_after 秒后用同一个键再试;已提交的内容不受影响。" "Try again after `retry_after` seconds with the same key; what was taken is safe.";
}

impl ErrorCode {
    /// The code for an answer that bears only a status, such as one made by the web framework.
    pub fn for_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::UnknownRoute,
            405 => Self::MethodNotAllowed,
            408 => Self::BodyTooSlow,
            409 => Self::ChangedMeanwhile,
            412 => Self::StaleVersion,
            413 => Self::BodyTooLarge,
            415 => Self::UnsupportedMediaType,
            416 => Self::RangeNotSatisfiable,
            428 => Self::IfMatchMissing,
            429 => Self::TooManyRequests,
            503 => Self::Unavailable,
            507 => Self::NoSpace,
            500.. => Self::Internal,
            _ => Self::BadRequest,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_every_text_is_there() {
        let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.entry().code).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        for Entry { code, status, title, title_en, detail, detail_en } in
            ErrorCode::ALL.iter().map(|c| c.entry())
        {
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
            assert!((400..=599).contains(&status), "{code}");
            assert!(title_en.is_ascii() && detail_en.is_ascii() && detail_en.ends_with('.'), "{code}");
            assert!(!title.is_ascii() && !title.ends_with('。') && detail.ends_with('。'), "{code}");
        }
    }

    #[test]
    fn a_bare_status_gets_a_code_of_the_same_status_or_of_its_class() {
        for status in 400..=599_u16 {
            let found = ErrorCode::for_status(status).entry().status;
            assert!(found == status || found == status / 100 * 100, "{status}");
        }
    }
}

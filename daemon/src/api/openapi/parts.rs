//! Shapes that several answers share, each by its name and in `notation`.

/// A shape's text.
pub(super) fn text(name: &str) -> Option<&'static str> {
    ALL.iter()
        .find(|(one, _)| *one == name)
        .map(|(_, text)| *text)
}

/// All of them.
pub(super) const ALL: &[(&str, &str)] = &[
    ("Workflow", WORKFLOW),
    ("Stage", STAGE),
    ("Gate", GATE),
    ("Question", QUESTION),
    ("Waiting", WAITING),
    ("Transition", TRANSITION),
    ("Endpoint", ENDPOINT),
    ("Delivery", DELIVERY),
    ("Token", TOKEN),
    ("Pipeline", PIPELINE),
    ("Generation", GENERATION),
    ("Message", MESSAGE),
    ("Video", VIDEO),
    ("Job", JOB),
];

const WORKFLOW: &str = r#"{
    "id": "cm1x9k2", "videoId": "cm1x9k2", "pipeline": "video", "name": "Sunset", "userId": "anna",
    "executionId?": "exec_1",
    "status": "=running|pending_clarification|pending_confirmation|blocked|scheduled|queued|waiting|paused|completed|failed|cancelled",
    "currentState": "processing_video", "progress": 62.5, "message?": "frame 312/500", "attempt": "%1..: 1",
    "priority": "%-1000..1000: 0", "labels": {"*": "blue"}, "params": {"*": null},
    "createdAt": "T", "startedAt": "T", "updatedAt": "T", "completedAt?": "T",
    "estimatedTimeRemaining?": 45.0, "etaLow?": 30.0, "etaHigh?": 80.0, "queuePosition?": "%1..: 1",
    "waitingFor?": "$Waiting", "gates": ["$Gate"],
    "answers": [{"stage?": "checking", "key": "style", "value": null, "by": "anna", "at": "T"}],
    "cancelling?": true, "pausing?": true,
    "error?": {"code": "exit_1", "class": "provider", "message": "ffmpeg ended with 1", "stage?": "processing_video", "hint": "see its log (`reel logs ID`), then retry"},
    "outputs": {"*": null}, "box?": "box-a", "dependsOn": ["cm0a1b2"], "logs": ["$Transition"], "stages": {"*": "$Stage"}
}"#;

const STAGE: &str = r#"{
    "title": "Render", "status": "=in_progress|pending|waiting|completed|failed|skipped|cancelled", "progress": 62.5,
    "attempts": 1, "startedAt?": "T", "completedAt?": "T", "duration?": 41000, "error?": "ffmpeg ended with 1",
    "needs": ["generating_tts"], "box?": "box-a", "outputs": {"*": null}
}"#;

const GATE: &str = r#"{
    "stage?": "checking", "kind": "=clarification|confirmation|approval", "questions": ["$Question"], "deadline?": "T"
}"#;

const QUESTION: &str = r#"{
    "key": "style", "question": "Which style?", "type": "enum", "options?": ["cinematic"], "default?": null, "required": true
}"#;

const WAITING: &str = r#"{
    "kind": "=slot|dependency|time|quota|approval|callback|box", "message": "wants 1 cpu; 2 of 2 are taken", "until?": "T"
}"#;

const TRANSITION: &str = r#"{
    "videoId": "cm1x9k2", "timestamp": "T", "state": "processing_video", "previousState?": "queued", "duration?": 1200,
    "metadata?": {"*": null}
}"#;

const ENDPOINT: &str = r#"{
    "webhookId": "wh_1", "url": "https://hooks.example/reel", "events": ["video.completed"], "createdAt": "T", "active": true,
    "updatedAt": "T", "pipelines": ["video"], "labels": {"*": "blue"}, "headers": {"*": "***"}, "configured": false,
    "disabledReason~": "it answered 410: it wants nothing more", "failingSince~": "T", "previousSecretUntil~": "T"
}"#;

const DELIVERY: &str = r#"{
    "deliveryId": "dlv_1", "webhookId~": "wh_1", "url~": "https://hooks.example/reel", "videoId~": "cm1x9k2", "eventId": "evt_1",
    "eventType": "video.completed", "status": "=failed|pending|delivered", "createdAt": "T", "nextAttemptAt~": "T",
    "attempts": [{"number": 1, "at": "T", "status~": 500, "latency": 120, "error~": "timeout: no answer within 15 s", "response": "…"}]
}"#;

const TOKEN: &str = r#"{
    "id": "tok_1", "name": "ci", "scope": "=operate|read|admin", "user": "anna", "own": false, "createdAt": "T", "expiresAt~": "T",
    "lastUsedAt?~": "T"
}"#;

const PIPELINE: &str = r#"{
    "name": "video", "description": "A narrated video from a prompt", "source": "=built-in|file", "origin": "built-in",
    "clarify": false, "confirm": false,
    "params": [{"name": "prompt", "type": "string", "required": true, "default": null, "question~": "What should it show?",
        "options?": ["plain"], "min?": 1.0, "max?": 60.0, "pattern?": "^[a-z]+$"}],
    "stages": [{"id": "generating_tts", "title": "Speak", "needs": ["writing_script"], "resources": {"*": 1}, "optional": false,
        "uses?": "tts", "run?": ["prog", "${params.x}"]}],
    "text?": "description = \"…\""
}"#;

const GENERATION: &str = r#"{
    "id": "gen_1", "conversationId~": "conv_1", "messageId~": "msg_1", "userId": "anna", "type": "video", "provider~": "veo3",
    "model~": "veo3-v1.0", "status": "pending_clarification", "prompt~": "A video of a sunset", "parameters": {"*": null},
    "clarificationResponses~": {"*": null}, "workerJobId~": "gen_1", "progress": 0.0, "resultUrl~": "https://reel.example/…",
    "thumbnailUrl~": "https://reel.example/…", "duration~": 10.0, "fileSize~": 5242880, "resolution~": "1920x1080", "format~": "mp4",
    "processingTime~": 45.2, "errorMessage~": "…", "errorCode?~": "exit_1", "createdAt": "T", "updatedAt": "T", "startedAt~": "T", "completedAt~": "T",
    "failedAt~": "T"
}"#;

const MESSAGE: &str = r#"{
    "id": "msg_1", "conversationId": "conv_1", "role": "=user|assistant|system", "type": "text", "content": "Create a video of a sunset",
    "generationId~": "gen_1", "createdAt": "T"
}"#;

const VIDEO: &str = r#"{
    "_id": "cm1x9k2", "videoId": "cm1x9k2", "userId": "anna", "title~": "Sunset", "status": "=ready|pending|processing|failed",
    "downloadUrl~": "https://reel.example/…", "videoUrl~": "https://reel.example/…", "s3Key~": "videos/anna/1.mp4",
    "metadata": {"size?~": 15728640, "format?~": "mp4", "duration?~": 30.0, "originalUrl?~": "https://…"},
    "createdAt": "T", "updatedAt": "T", "progress?": 100.0, "error?~": null
}"#;

const JOB: &str = r#"{
    "job_id": "cm1x9k2", "job_type": "process_episode", "status": "=completed|queued|running|failed", "progress": 100.0,
    "current_stage": "completed", "message~": "…", "eta_seconds~": 0.0, "created_at": "T", "started_at~": "T", "completed_at~": "T",
    "result~": null, "error~": null
}"#;

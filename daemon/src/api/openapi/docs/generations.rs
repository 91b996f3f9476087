//! Generations with their gates, and the conversations that lead to them: one surface, as document 002 has it.

use crate::api::openapi::doc::{Doc, Surface, data, query};

pub(super) const SURFACE: Surface = Surface {
    name: "generations",
    title: "Generations",
    about: "A video from a prompt, with what is asked before it is made; and conversations, whose messages make generations and tell what became of them",
    docs: DOCS,
};

const ASKED: &str = r#"{
    "generationId": "gen_1", "status": "pending_clarification", "queuePosition~": 1, "clarificationQuestions": ["$Question"],
    "confirmation?~": {"message": "Make a 10 s cinematic video of a sunset?", "parameters": {"*": null}, "estimatedSeconds~": 45.0},
    "generation": "$Generation"
}"#;

const STANDS: &str = r#"{
    "generationId": "gen_1", "status": "processing", "progress": 50.0, "message~": "frame 312/500", "generation": "$Generation",
    "job": {"id": "gen_1", "status": "active", "progress": 50.0, "data": {"*": null}, "retryCount": 0, "maxRetries": 3,
        "createdAt": "T", "updatedAt": "T", "startedAt~": "T", "completedAt~": "T", "result~": null}
}"#;

const DOCS: &[Doc] = &[
    Doc::new(
        "POST /api/generations",
        "Ask for a video",
        &[data(201, "What is asked first, or the confirmation that is wanted", ASKED)],
    )
    .about("What is missing becomes a question, made from the pipeline's parameters.")
    .reads(r#"{"prompt": "A video of a sunset", "conversationId?": "conv_1", "messageId?": "msg_1", "type?": "=video", "provider?": "veo3", "model?": "veo3-v1.0", "parameters?": {"*": null}}"#),
    Doc::new(
        "POST /api/generations/{id}/clarify",
        "Answer questions",
        &[data(200, "What is left to ask, or the confirmation", ASKED)],
    )
    .about("Half-answered keeps the status; answers may be corrected until it is confirmed.")
    .reads(r#"{"responses": {"*": null}}"#),
    Doc::new(
        "POST /api/generations/{id}/confirm",
        "Confirm, or refuse",
        &[data(200, "It is queued, or it has ended", ASKED)],
    )
    .may_read(r#"{"confirmed?": true}"#),
    Doc::new(
        "GET /api/generations/{id}/status",
        "A generation and the job behind it",
        &[data(200, "As of now", STANDS)],
    ),
    Doc::new(
        "POST /api/webhooks/worker",
        "A worker tells how its job ended",
        &[data(200, "It counts, or it was known", r#"{"generationId": "gen_1", "status": "processing", "duplicate": false}"#)],
    )
    .about("Known again by `webhook-id`, else `eventId`, else the body: the first answer again.")
    .reads(r#"{"event": "=generation.completed|generation.failed|generation.progress|generation.started", "eventId?": "evt_1", "jobId?": "gen_1", "generationId?": "gen_1", "status?": "completed", "progress?~": 100.0, "result?~": {"videoUrl?": "https://maker.example/1.mp4", "thumbnailUrl?": "https://maker.example/1.jpg", "duration?": 10.0, "fileSize?": 5242880}, "error?~": null, "timestamp?": "T"}"#)
    .refuses(&[404]),
    Doc::new(
        "POST /api/conversations/{id}/messages",
        "Say something",
        &[data(201, "What was said, what is answered, and what was made of it", r#"{"message": "$Message", "intent": "video_generation", "reply~": "$Message", "generation~": "$Generation", "clarificationQuestions": ["$Question"]}"#)],
    )
    .about("Makes the conversation when it is new. `intent` is `video_generation`, `clarification` or `confirmation` (an answer to what a generation of the conversation asks), or `other`.")
    .reads(r#"{"content": "Create a video of a sunset"}"#),
    Doc::new(
        "GET /api/conversations/{id}/messages",
        "What was said",
        &[data(200, "In order", r#"{"messages": ["$Message"], "count": 1, "next~": "msg_1"}"#)],
    )
    .query(&[
        query("after", "msg_1", "The `next` of the answer before"),
        query("limit", "%1..200: 50", "Messages"),
    ]),
];

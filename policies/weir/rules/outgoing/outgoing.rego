# METADATA
# title: Outgoing
# description: What may leave in a request to a model. What looks like a secret, or like private data that the data name, is blocked, taken out or only recorded, by role and environment, from data.
package weir.rules.outgoing

import rego.v1

# METADATA
# title: Something must not leave
# description: The request holds something that the data say must not leave from here, such as a key, a password or a customer's number. It was not sent.
# custom:
#   short_name: blocked
#   solution: Take it out of the conversation; what an agent read is sent again with each request, so begin a new session if need be. If it was real, replace it.
deny contains {"rule": "outgoing.blocked", "reason": reason, "feedback": feedback} if {
	input.kind == "model-request"
	kinds := _of("block")
	count(kinds) > 0
	reason := concat("", ["The request holds what must not leave: ", concat(", ", kinds), "."])
	feedback := concat("", [reason, " It was not sent. Begin a new session without it."])
}

# METADATA
# title: Not looked through
# description: The gateway could not look through all of the request, and the data say that it does not leave from here then.
# custom:
#   short_name: unscanned
#   solution: Send less in one request. Text with thousands of places that look like secrets is not looked through, nor is more than 2 MiB for private data.
deny contains {"rule": "outgoing.unscanned", "reason": reason, "feedback": reason} if {
	input.kind == "model-request"
	not _scanned
	not _may_pass_unscanned
	reason := "The request could not be looked through for what must not leave, so it was not sent."
}

# METADATA
# title: Sent without what must not leave
# description: The request holds something that the data say is taken out. In its place stands what it was, such as [redacted:github]. Another rule permits the request itself.
# custom:
#   short_name: redacted
#   solution: Nothing to do. If it was real, it stands somewhere that the agent can read; replace it.
permit contains {"rule": "outgoing.redacted", "reason": reason, "feedback": "", "obligations": {"redact": kinds}} if {
	input.kind == "model-request"
	kinds := _of("redact")
	count(kinds) > 0
	reason := concat("", ["Taken out before sending: ", concat(", ", kinds), "."])
}

_of(action) := sort({finding.rule |
	some finding in input.model.findings
	_action(finding.kind) == action
})

# What the data do not name stays here.
_action(kind) := object.get(_actions, kind, "block")

_actions := actions if {
	actions := data.weir.data.outgoing.actions[input.actor.role][input.environment]
} else := actions if {
	actions := data.weir.data.outgoing.actions["*"][input.environment]
} else := {}

_scanned if {
	input.model.scanned == true
	is_array(input.model.findings)
}

_may_pass_unscanned if _action("unscanned") == "record"

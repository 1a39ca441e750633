# METADATA
# title: Delegation
# description: How many subagents a session may start, from data. What a subagent does is decided for the same actor, session and budgets as what its parent does.
package weir.rules.delegation

import rego.v1

# METADATA
# title: Too many subagents at once
# description: As many subagents of this session run as data allow. One that another started runs inside of it, so this is the depth, too.
# custom:
#   short_name: too_many_running
#   solution: Wait until a subagent has ended, or do the work without one.
deny contains {"rule": "delegation.too_many_running", "reason": reason, "feedback": feedback} if {
	_delegates
	is_number(input.delegation.running)
	input.delegation.running >= data.weir.data.delegation.max_running
	reason := "As many subagents of this session run as may run at once."
	feedback := concat("", [reason, " Do the work yourself, or start it when one has ended."])
}

# METADATA
# title: Too many subagents
# description: This session started as many subagents as data allow.
# custom:
#   short_name: too_many
#   solution: Do the work without a subagent, or in another session.
deny contains {"rule": "delegation.too_many", "reason": reason, "feedback": feedback} if {
	_delegates
	is_number(input.delegation.total)
	input.delegation.total >= data.weir.data.delegation.max_total
	reason := "This session started as many subagents as it may."
	feedback := concat("", [reason, " Do the work yourself."])
}

# METADATA
# title: Subagents not known
# description: Data limit subagents, and how many there are cannot be seen, as for clients that run tools themselves. What is not known is not given away.
# custom:
#   short_name: unknown
#   solution: Work in a session of the gateway, or without subagents.
deny contains {"rule": "delegation.unknown", "reason": reason, "feedback": feedback} if {
	_delegates
	count(data.weir.data.delegation) > 0
	not _known
	reason := "Subagents are limited here, and how many run cannot be seen."
	feedback := concat("", [reason, " Do the work yourself."])
}

_delegates if {
	input.kind == "tool-call"
	input.tool.name == "delegate"
}

_known if {
	is_number(input.delegation.running)
	is_number(input.delegation.total)
}

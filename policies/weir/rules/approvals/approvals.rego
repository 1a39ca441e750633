# METADATA
# title: Four eyes
# description: Who may answer a pending call, in which environment and how soon. Nobody answers their own, unless data let them confirm it.
package weir.rules.approvals

import data.weir.lib.approval
import rego.v1

# METADATA
# title: May approve
# description: The role may approve this permission in this environment, someone else asked, and not too long ago.
# custom:
#   short_name: may_approve
#   solution: Nothing to do.
permit contains {"rule": "approvals.may_approve", "reason": "The role may approve this, and someone else asked for it.", "feedback": ""} if {
	input.kind == "approval"
	_may_answer
	_listed
	_scope_allowed
	approval.fresh
}

# METADATA
# title: Own call
# description: Nobody approves their own call.
# custom:
#   short_name: own_call
#   solution: Ask somebody else with the role of an approver.
deny contains {"rule": "approvals.own_call", "reason": "Nobody approves their own call.", "feedback": "Nobody approves their own call. Ask somebody else."} if {
	input.kind == "approval"
	not _may_answer
}

# METADATA
# title: Not an approver
# description: The role may not approve this permission in this environment.
# custom:
#   short_name: not_approver
#   solution: Ask somebody whose role is listed as approver of this permission.
deny contains {"rule": "approvals.not_approver", "reason": reason, "feedback": reason} if {
	input.kind == "approval"
	not _listed
	reason := concat("", ["The role ", input.actor.role, " may not approve this permission in ", input.environment, "."])
}

# METADATA
# title: Approval too late
# description: The call was held longer ago than data let an approval of its permission come.
# custom:
#   short_name: expired
#   solution: Have the call made again, and answer sooner.
deny contains {"rule": "approvals.expired", "reason": "The call was held too long ago to be approved.", "feedback": "The call was held too long ago to be approved. It has to be made again."} if {
	input.kind == "approval"
	not approval.fresh
}

# METADATA
# title: Approval of more than one call
# description: Data allow no answer of this scope for this permission in this environment, or none that stands as long.
# custom:
#   short_name: scope
#   solution: Approve the call once, or for a shorter time.
deny contains {"rule": "approvals.scope", "reason": reason, "feedback": reason} if {
	input.kind == "approval"
	not _scope_allowed
	reason := "This permission may not be approved for more than one call here, or not for as long."
}

_scope_allowed if input.approval.scope == "once"

_scope_allowed if {
	input.approval.scope == "session"
	"session" in _scopes
}

_scope_allowed if {
	input.approval.scope == "until"
	"until" in _scopes
	is_number(input.approval.standsMs)
	input.approval.standsMs <= data.weir.data.approvals.max_standing_minutes[input.permission] * 60000
}

_scopes := data.weir.data.approvals.scopes[input.environment][input.permission]

_second_person if {
	input.approval.by == input.actor.id
	approval.are_two(input.approval.by, input.approval.requestedBy)
}

_may_answer if _second_person

_may_answer if {
	input.approval.by == input.actor.id
	approval.own
}

_listed if input.permission in data.weir.data.approvers[input.actor.role][input.environment]

package weir

import rego.v1

# Most answers are one finding; to sort and join it with nothing would cost more than most rules.
_answer(verdict, findings, weaker) := {
	"verdict": verdict,
	"rule": finding.rule,
	"reason": finding.reason,
	"feedback": finding.feedback,
	"also": [],
	"obligations": object.get(finding, "obligations", {}),
} if {
	count(findings) == 1
	count(weaker) == 0
	some finding in findings
} else := {
	"verdict": verdict,
	"rule": first[0],
	"reason": first[1],
	"feedback": concat(" ", [finding[2] | some i, finding in ordered; i < 3]),
	"also": sort({finding.rule | some finding in (findings | weaker)} - {first[0]}),
	"obligations": _joined([finding[3] | some finding in ordered]),
} if {
	# Sets have no order of their own under WebAssembly: sorted, the same input gives the same bytes.
	ordered := sort([[finding.rule, finding.reason, finding.feedback, object.get(finding, "obligations", {})] | some finding in findings])
	first := ordered[0]
}

# A finding without its texts obliges to something that nobody knows: then there is no answer, and nothing is allowed.
_bound(answer, findings) := object.union(answer, {
	"obligations": _joined(array.concat([answer.obligations], [finding[1] | some finding in ordered])),
	"also": sort(({finding[0] | some finding in ordered} | {id | some id in answer.also}) - {answer.rule}),
}) if {
	ordered := sort([[finding.rule, finding.obligations] | some finding in findings])
	count(ordered) == count(findings)
}

# Lists are joined, so that no rule's changes replace another's; what is no list in one of them would be lost, and has no answer.
_joined(obligations) := object.union(object.union_n(obligations), object.union(_lists(obligations), _limits(obligations))) if {
	every one in obligations {
		is_array(object.get(one, "modify", []))
		is_array(object.get(one, "redact", []))
	}
}

_lists(obligations) := {name: list |
	some name in ["modify", "redact"]
	list := [entry | some one in obligations; some entry in one[name]]
	count(list) > 0
}

# Once limited, always limited.
_limits(obligations) := {"own_only": true} if {
	some one in obligations
	object.get(one, "own_only", false) != false
} else := {}

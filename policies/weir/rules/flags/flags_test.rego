package weir.rules.flags_test

import data.weir
import data.weir.lib.fixtures_test as given
import data.weir.rules.flags
import rego.v1

always := [{"program": "terraform", "subcommands": ["plan"], "flag": "-lock=false", "environments": ["DEV"]}, {"program": "make", "flag": "--dry-run"}]

added(argvs) := {operation.flag |
	some finding in flags.oblige with input as given.shell(argvs) with data.weir.data.flags.always as always
	some operation in finding.obligations.modify
}

test_adds_what_is_missing if {
	added([["terraform", "plan"]]) == {"-lock=false"}
	added([["make"]]) == {"--dry-run"}
	added([["make", "all"]]) == {"--dry-run"}
	added([["make", "--", "--dry-run"]]) == {"--dry-run"}
}

test_leaves_alone_what_has_it if {
	added([["terraform", "plan", "-lock=false"]]) == set()
	added([["make", "all", "--dry-run"]]) == set()
	added([["make", "-j=4", "--dry-run"]]) == set()
}

test_obliges_to_what_may_have_no_effect_where_it_stands if {
	added([["make", "-o", "--dry-run"]]) == {"--dry-run"}
	added([["make", "--dry-run", "--no-dry-run"]]) == {"--dry-run"}
	added([["make", "--dry-run", "--", "all"]]) == {"--dry-run"}
}

test_finds_the_subcommand_behind_options if {
	added([["terraform", "-chdir=infra", "plan"]]) == {"-lock=false"}
	added([["terraform", "-v", "-x", "plan", "-no-color"]]) == {"-lock=false"}
}

test_leaves_others_alone if {
	added([["terraform", "apply"]]) == set()
	added([["terraform"]]) == set()
	added([["git", "status"]]) == set()
	count(flags.oblige) == 0 with input as object.union(given.shell([["terraform", "plan"]]), {"environment": "TEST"}) with data.weir.data.flags.always as always
}

test_is_asked_of_what_is_allowed if {
	answer := weir.decision with input as given.shell([["git", "status"]]) with data.weir.data.flags.always as [{"program": "git", "flag": "--no-pager"}]
	answer.verdict == "allow"
	answer.obligations == {"modify": [{"op": "add-flag", "flag": "--no-pager"}]}
	answer.also == ["flags.flag_added"]
}

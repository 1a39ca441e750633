package weir.rules.shell_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.shell
import rego.v1

test_denies_an_opaque_command if {
	given.ids(shell.deny) == {"shell.opaque"} with input as object.union(given.shell([["eval", "x"]]), {"command": {"opaque": true, "problems": ["eval"]}})
}

test_denies_a_problem_even_when_not_opaque if {
	given.ids(shell.deny) == {"shell.opaque"} with input as object.union(given.shell([["ls"]]), {"command": {"problems": ["environment-injection"]}})
}

test_denies_opaque_without_a_problem if {
	given.ids(shell.deny) == {"shell.opaque"} with input as object.union(given.shell([["ls"]]), {"command": {"opaque": true}})
}

test_names_the_problems_in_order if {
	some finding in shell.deny with input as object.union(given.shell([["ls"]]), {"command": {"opaque": true, "problems": ["eval", "dynamic-program"]}})
	contains(finding.reason, "(dynamic-program, eval)")
}

test_denies_the_loss_of_data_in_words_of_its_own if {
	given.ids(shell.deny) == {"shell.data_loss"} with input as object.union(given.shell([["git", "reset", "--hard"]]), {"command": {"problems": ["data-loss"]}})
}

test_names_what_is_opaque_beside_the_loss_of_data if {
	asked := object.union(given.shell([["rm", "-rf", "src"]]), {"command": {"opaque": true, "problems": ["data-loss", "eval"]}})
	given.ids(shell.deny) == {"shell.data_loss", "shell.opaque"} with input as asked
	some finding in shell.deny with input as asked
	contains(finding.reason, "(eval)")
}

test_lets_a_plain_command_pass if {
	count(shell.deny) == 0 with input as given.shell([["npm", "test"], ["git", "status"]])
}

test_denies_a_shell_call_without_a_command if {
	given.ids(shell.deny) == {"shell.command_missing"} with input as object.union(given.shell([["ls"]]), {"command": null})
}

test_denies_a_shell_call_with_the_command_field_gone if {
	given.ids(shell.deny) == {"shell.command_missing"} with input as object.remove(given.shell([["ls"]]), ["command"])
}

test_says_nothing_about_files if {
	count(shell.deny) == 0 with input as given.read("src/a.ts", "source")
}

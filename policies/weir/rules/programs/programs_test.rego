package weir.rules.programs_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.programs
import rego.v1

test_lets_everyday_commands_pass if {
	every argv in [["npm", "test"], ["npm", "run", "lint"], ["npx", "tsc", "--noEmit"], ["npx", "--no-install", "eslint", "."], ["git", "status"], ["git", "--no-pager", "diff"], ["git", "-C", "packages/a", "log", "--oneline"], ["git", "commit", "-m", "x"], ["git", "switch", "-c", "topic"], ["node", "src/index.js", "-e", "production"], ["python3", "-m", "pytest", "-q"], ["pytest", "-x", "tests"], ["go", "test", "./..."], ["cargo", "test"], ["make", "test"], ["/usr/bin/grep", "-rn", "TODO", "src"], ["./node_modules/.bin/tsc", "-p", "."], ["rg", "-n", "TODO"], ["find", ".", "-name", "a.ts"], ["sed", "-n", "1,20p", "a.ts"], ["./gradlew", "test"], ["tar", "-czf", "a.tgz", "src"]] {
		count(programs.deny) == 0 with input as given.shell([argv])
		count(programs.pending) == 0 with input as given.shell([argv])
	}
}

test_denies_forbidden_programs if {
	every name in ["sudo", "docker", "mount", "dd"] {
		given.ids(programs.deny) == {"programs.forbidden"} with input as given.shell([[name, "x"]])
	}
}

test_denies_network_programs if {
	every name in ["curl", "wget", "nc", "ssh"] {
		given.ids(programs.deny) == {"programs.network"} with input as given.shell([[name, "x"]])
	}
}

test_denies_a_network_program_behind_an_everyday_one if {
	given.ids(programs.deny) == {"programs.network"} with input as given.shell([["ls"], ["curl", "https://x.test"]])
}

test_denies_a_command_that_speaks_to_the_network if {
	given.ids(programs.deny) == {"programs.network_command"} with input as object.union(given.shell([["cat", "x"]]), {"command": {"network": true}})
}

test_leaves_the_network_of_an_install_to_its_grant if {
	count(programs.deny) == 0 with input as object.union(given.shell([["npm", "install", "left-pad"]]), {"permission": "dependency", "command": {"network": true}})
}

test_denies_arguments_that_run_other_code if {
	every argv in [["git", "grep", "--open-files-in-pager=sh", "x"], ["git", "log", "--output=a"], ["rg", "--pre", "sh", "x"], ["tar", "-xf", "a", "--to-command=sh"], ["sort", "--compress-program=sh", "a"], ["make", "SHELL=/tmp/x"], ["go", "test", "-exec", "sh"], ["find", ".", "-fprintf", "a"], ["npm", "test", "--script-shell=/tmp/x"]] {
		given.ids(programs.deny) == {"programs.argument"} with input as given.shell([argv])
	}
}

test_denies_code_given_to_an_interpreter if {
	every argv in [["node", "-e", "1"], ["node", "--no-warnings", "--eval=1"], ["python3", "-c", "1"], ["perl", "-e", "1"], ["bash", "--rcfile", "x"]] {
		given.ids(programs.deny) == {"programs.argument"} with input as given.shell([argv])
	}
}

test_lets_the_arguments_of_a_script_pass if {
	count(programs.deny) == 0 with input as given.shell([["python3", "tool.py", "-c", "x"]])
}

test_queues_an_unknown_program_in_dev if {
	given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([["frobnicate", "x"]])
}

test_queues_an_unknown_subcommand if {
	given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([["git", "filter-branch"]])
}

test_queues_options_before_a_subcommand_that_are_not_listed if {
	given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([["git", "--bare", "log"]])
}

test_queues_a_subcommand_hidden_behind_a_listed_option if {
	given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([["git", "-C", "status", "push"]])
}

test_queues_a_program_without_its_subcommand if {
	given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([["git"]])
}

test_queues_a_known_name_in_an_unknown_place if {
	given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([["./ls"]])
}

test_queues_a_program_of_npx_that_is_not_listed if {
	given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([["npx", "cowsay"]])
}

test_denies_an_unknown_program_in_prod if {
	given.ids(programs.deny) == {"programs.unknown"} with input as object.union(given.shell([["frobnicate"]]), given.holding("author", "PROD"))
}

test_denies_a_program_of_another_environment if {
	given.ids(programs.deny) == {"programs.unknown"} with input as object.union(given.shell([["npm", "test"]]), given.holding("author", "PROD"))
}

test_denies_in_an_environment_nobody_defined if {
	given.ids(programs.deny) == {"programs.unknown"} with input as object.union(given.shell([["frobnicate"]]), given.holding("author", "STAGE"))
}

test_lets_an_approved_unknown_program_pass if {
	count(programs.pending) == 0 with input as given.approved(given.shell([["frobnicate"]]), "bob@acme.test")
}

test_an_approval_does_not_lift_a_deny if {
	given.ids(programs.deny) == {"programs.network"} with input as given.approved(given.shell([["curl", "x"]]), "bob@acme.test")
}

test_lets_the_configured_test_command_run_whatever_it_is if {
	count(programs.pending) == 0 with input as object.union(given.shell([["frobnicate"]]), {"tool": {"name": "run-test"}})
}

test_says_nothing_without_a_command if {
	count(programs.deny) == 0 with input as given.read("a.ts", "source")
	count(programs.pending) == 0 with input as given.read("a.ts", "source")
}

test_says_nothing_about_other_kinds if {
	count(programs.deny) == 0 with input as object.union(given.shell([["curl"]]), {"kind": "route"})
}

test_lets_a_program_nobody_listed_do_what_a_word_of_the_data_says if {
	every argv in [["frobnicate", "lint", "src"], ["frobnicate", "--check", "."], ["frobnicate", "test"]] {
		count(programs.deny | programs.pending) == 0 with input as given.shell([argv])
	}
}

test_queues_a_program_nobody_listed_for_anything_else if {
	every argv in [
		["frobnicate", "send"], ["frobnicate", "src", "lint"], ["./frobnicate", "lint"], ["tools.d/frobnicate", "lint"],
		["vault", "validate"], ["frobnicate", "test", "curl"], ["frobnicate", "test", "make"], ["frobnicate", "check", "sudo"],
	] {
		given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([argv])
	}
}

test_queues_a_program_nobody_listed_that_is_fetched if {
	given.ids(programs.pending) == {"programs.unknown_queued"} with input as given.shell([["npx", "--yes", "tsc"], ["frobnicate", "lint"]])
}

test_lets_each_package_manager_start_the_packages_of_one_list if {
	every name in ["npx", "bunx", "pnpx"] {
		count(programs.deny | programs.pending) == 0 with input as given.shell([[name, "vitest"]])
	}
}

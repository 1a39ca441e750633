package weir.rules.outside_paths_test

import data.weir.lib.fixtures_test as given
import data.weir.rules.outside_paths
import rego.v1

test_denies_reading_outside if {
	given.ids(outside_paths.deny) == {"outside_paths.outside_touched"} with input as object.union(given.shell([["cat", "x"]]), {"targets": [{"path": "/etc/passwd", "class": "outside", "access": "read"}]})
}

test_denies_writing_outside if {
	given.ids(outside_paths.deny) == {"outside_paths.outside_touched"} with input as object.union(given.shell([["cat", "x"]]), {"targets": [{"path": "/home/agent/.bashrc", "class": "outside", "access": "write"}]})
}

test_denies_deleting_the_root if {
	given.ids(outside_paths.deny) == {"outside_paths.outside_touched"} with input as object.union(given.shell([["cat", "x"]]), {"targets": [{"path": "/", "class": "outside", "access": "delete"}]})
}

test_lets_the_null_device_pass if {
	count(outside_paths.deny) == 0 with input as object.union(given.shell([["cat", "x"]]), {"targets": [{"path": "/dev/null", "class": "outside", "access": "write"}]})
}

test_lets_the_name_of_the_system_be_read if {
	count(outside_paths.deny) == 0 with input as object.union(given.shell([["cat", "x"]]), {"targets": [{"path": "/etc/os-release", "class": "outside", "access": "read"}]})
}

test_denies_writing_the_name_of_the_system if {
	given.ids(outside_paths.deny) == {"outside_paths.outside_touched"} with input as object.union(given.shell([["cat", "x"]]), {"targets": [{"path": "/etc/os-release", "class": "outside", "access": "write"}]})
}

test_lets_scratch_files_pass if {
	count(outside_paths.deny) == 0 with input as object.union(given.shell([["cat", "x"]]), {"targets": [{"path": "/tmp/out.txt", "class": "outside", "access": "write"}]})
}

test_denies_a_neighbour_of_scratch if {
	given.ids(outside_paths.deny) == {"outside_paths.outside_touched"} with input as object.union(given.shell([["cat", "x"]]), {"targets": [{"path": "/tmpfs/out.txt", "class": "outside", "access": "write"}]})
}

test_denies_a_target_without_a_path if {
	given.ids(outside_paths.deny) == {"outside_paths.outside_touched"} with input as object.union(given.shell([["cat"]]), {"targets": [{"path": "", "class": "outside", "access": "read"}]})
}

test_says_nothing_about_source if {
	count(outside_paths.deny) == 0 with input as given.read("src/a.ts", "source")
}

// SPDX-License-Identifier: 0BSD

package main

import "testing"

func TestReadsAConfiguration(t *testing.T) {
	read, err := parse([]byte(`{"cluster": "a", "path": "/\u00e9\"", "timeout_ms": 20, "fail_open": true}`))
	if err != nil || *read != (settings{cluster: "a", path: "/é\"", timeoutMs: 20, failOpen: true}) {
		t.Fatal(read, err)
	}
	read, err = parse([]byte(`{"cluster": "a", "path": "/", "more": [{}]}`))
	if err != nil || *read != (settings{cluster: "a", path: "/", timeoutMs: 500}) {
		t.Fatal(read, err)
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		`{"cluster": "a"}`:                              `"path" is missing`,
		`{"cluster": 1, "path": "/"}`:                   `"cluster" must be a string`,
		`{"cluster": "a", "path": ""}`:                  `"path" must not be empty`,
		`{"cluster": "a", "path": "/", "fail_open": 1}`: `"fail_open" must be true or false`,
	} {
		if _, err := parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, wrong := range []string{"0", "60001", "1.5", "-1", `"1"`, "null"} {
		_, err := parse([]byte(`{"cluster": "a", "path": "/", "timeout_ms": ` + wrong + `}`))
		if err == nil || err.Error() != `"timeout_ms" must be a whole number from 1 to 60000` {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	for _, text := range []string{"", `["a", "/"]`, `{"cluster": "a"`} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%s must be refused", text)
		}
	}
}

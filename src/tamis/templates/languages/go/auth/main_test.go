// SPDX-License-Identifier: 0BSD

package main

import "testing"

func TestReadsAConfiguration(t *testing.T) {
	settings, err := parse([]byte(`{"header": "x-a", "key": "\u00e9\"", "more": [{}]}`))
	if err != nil || settings.header != "x-a" || settings.key != "é\"" {
		t.Fatal(settings, err)
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		`{"header": "x-a"}`:           `"key" is missing`,
		`{"header": "x-a", "key": 1}`: `"key" must be a string`,
		`{"header": "1", "key": ""}`:  `"key" must not be empty`,
	} {
		if _, err := parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", `["x-a", "1"]`, `{"header": "x-a"`} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%s must be refused", text)
		}
	}
}

// SPDX-License-Identifier: 0BSD

package main

import "testing"

func TestReadsAConfiguration(t *testing.T) {
	settings, err := parse([]byte(`{"header": "x-a", "value": "\u00e9\"", "more": [{}]}`))
	if err != nil || settings.header != "x-a" || settings.value != "é\"" {
		t.Fatal(settings, err)
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		`{"header": "x-a"}`:             `"value" is missing`,
		`{"header": "x-a", "value": 1}`: `"value" must be a string`,
		`{"header": "", "value": "1"}`:  `"header" must not be empty`,
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

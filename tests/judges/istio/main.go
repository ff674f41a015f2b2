// The judge of Wasm images: what Istio's agent does with a URL, by Istio's own code.
//
//	judge pull [--insecure HOST]... URL [--checksum HEX] [URL [--checksum HEX]]...
//
// prints one line of JSON for each URL, in order:
//
//	{"accepted":true,"sha256":"<of the module>","size":<bytes>,"digest":"<of the image's manifest>"}
//	{"accepted":false,"error":"<the agent's own words>"}
//
// It ends with 0 whatever the verdicts are, and with 2 when it was asked wrongly.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/util/sets"
	"istio.io/istio/pkg/wasm"
)

// A loopback registry answers at once: what takes longer is a fault of the test.
const timeout = 20 * time.Second

var commands = map[string]func(arguments []string) error{"pull": pull}

func main() {
	// Istio logs on stdout, which is ours.
	for _, scope := range log.Scopes() {
		scope.SetOutputLevel(log.NoneLevel)
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fail(fmt.Errorf("usage: %s pull URL", os.Args[0]))
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

type request struct{ url, checksum string }

type verdict struct {
	Accepted bool   `json:"accepted"`
	SHA256   string `json:"sha256,omitempty"`
	Size     int    `json:"size,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Error    string `json:"error,omitempty"`
}

func pull(arguments []string) error {
	requests, insecure, err := parse(arguments)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, each := range requests {
		if err := out.Encode(judge(each, insecure)); err != nil {
			return err
		}
	}
	return nil
}

// The standard flags end at the first URL; here a checksum follows the URL that it is of.
func parse(arguments []string) ([]request, sets.String, error) {
	var requests []request
	insecure := sets.New[string]()
	for len(arguments) > 0 {
		first := arguments[0]
		arguments = arguments[1:]
		if !strings.HasPrefix(first, "-") {
			requests = append(requests, request{url: first})
			continue
		}
		if len(arguments) == 0 {
			return nil, nil, fmt.Errorf("%s needs a value", first)
		}
		switch {
		case first == "--insecure":
			insecure.Insert(arguments[0])
		case first == "--checksum" && len(requests) > 0:
			requests[len(requests)-1].checksum = arguments[0]
		default:
			return nil, nil, fmt.Errorf("%s is not understood here", first)
		}
		arguments = arguments[1:]
	}
	if len(requests) == 0 {
		return nil, nil, fmt.Errorf("pull needs a URL")
	}
	return requests, insecure, nil
}

// Each URL gets a cache of its own: what one image put there would answer for the next.
func judge(asked request, insecure sets.String) (said verdict) {
	folder, err := os.MkdirTemp("", "judge-")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(folder)
	cache := wasm.NewLocalFileCache(folder, wasm.Options{
		InsecureRegistries:    insecure,
		HTTPRequestTimeout:    timeout,
		HTTPRequestMaxRetries: 1,
	})
	defer cache.Cleanup()
	// An image can end the agent. Here it ends no more than its own verdict.
	defer func() {
		if fault := recover(); fault != nil {
			said = verdict{Error: fmt.Sprintf("panic: %v", fault)}
		}
	}()
	path, err := cache.Get(asked.url, wasm.GetOptions{
		Checksum:       asked.checksum,
		ResourceName:   "judge",
		RequestTimeout: timeout,
	})
	if err != nil {
		return verdict{Error: err.Error()}
	}
	module, err := os.ReadFile(path)
	if err != nil {
		fail(err)
	}
	sum := sha256.Sum256(module)
	return verdict{
		Accepted: true,
		SHA256:   hex.EncodeToString(sum[:]),
		Size:     len(module),
		// The file is named by the checksum that the agent knows the URL by.
		Digest: "sha256:" + strings.TrimSuffix(filepath.Base(path), ".wasm"),
	}
}

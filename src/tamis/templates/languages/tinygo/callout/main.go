// SPDX-License-Identifier: 0BSD

// my-filter asks another service whether a request may pass, and who sends it.
package main

import (
	"errors"
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
	"github.com/valyala/fastjson"
)

// main never runs. The proxy calls init, then one callback after the other.
func main() {}

func init() {
	proxywasm.SetPluginContext(func(uint32) types.PluginContext { return &plugin{} })
}

type settings struct {
	cluster, path string
	timeoutMs     uint32
	failOpen      bool

	allowed, denied, failed proxywasm.MetricCounter
}

// parse reads the configuration; the error says what is wrong with it.
func parse(text []byte) (*settings, error) {
	// Validated first, since the parser lets some mistakes pass. encoding/json works as well;
	// with it the module is twice the size.
	if err := fastjson.ValidateBytes(text); err != nil {
		return nil, err
	}
	object, err := fastjson.ParseBytes(text)
	if err != nil {
		return nil, err
	}
	cluster, err := stringOf(object, "cluster")
	if err != nil {
		return nil, err
	}
	path, err := stringOf(object, "path")
	if err != nil {
		return nil, err
	}
	read := &settings{cluster: cluster, path: path, timeoutMs: 500}
	if value := object.Get("timeout_ms"); value != nil {
		number, err := value.Uint()
		if err != nil || number < 1 || number > 60000 {
			return nil, errors.New(`"timeout_ms" must be a whole number from 1 to 60000`)
		}
		read.timeoutMs = uint32(number)
	}
	if value := object.Get("fail_open"); value != nil {
		if read.failOpen, err = value.Bool(); err != nil {
			return nil, errors.New(`"fail_open" must be true or false`)
		}
	}
	return read, nil
}

func stringOf(object *fastjson.Value, key string) (string, error) {
	value := object.Get(key)
	if value == nil {
		return "", errors.New(`"` + key + `" is missing`)
	}
	if value.Type() != fastjson.TypeString {
		return "", errors.New(`"` + key + `" must be a string`)
	}
	if len(value.GetStringBytes()) == 0 {
		return "", errors.New(`"` + key + `" must not be empty`)
	}
	return string(value.GetStringBytes()), nil
}

// plugin is made once for each configuration.
type plugin struct {
	types.DefaultPluginContext
	settings *settings
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	text, err := proxywasm.GetPluginConfiguration()
	if err != nil {
		text = nil // there is none
	}
	if p.settings, err = parse(text); err != nil {
		proxywasm.LogError("configuration: " + err.Error())
		return types.OnPluginStartStatusFailed // the proxy refuses to start the filter
	}
	p.settings.allowed = proxywasm.DefineCounterMetric("my-filter.allowed")
	p.settings.denied = proxywasm.DefineCounterMetric("my-filter.denied")
	p.settings.failed = proxywasm.DefineCounterMetric("my-filter.failed")
	return types.OnPluginStartStatusOK
}

func (p *plugin) NewHttpContext(uint32) types.HttpContext {
	return &filter{settings: p.settings}
}

// filter is made once for each exchange.
type filter struct {
	types.DefaultHttpContext
	settings *settings
}

func (f *filter) OnHttpRequestHeaders(int, bool) types.Action {
	path, err := proxywasm.GetHttpRequestHeader(":path")
	check(err)
	authority, err := proxywasm.GetHttpRequestHeader(":authority")
	check(err)
	headers := [][2]string{
		{":method", "GET"},
		{":path", f.settings.path},
		{":authority", authority},
		{"x-original-path", path},
	}
	cluster, timeout := f.settings.cluster, f.settings.timeoutMs
	_, err = proxywasm.DispatchHttpCall(cluster, headers, nil, nil, timeout, f.answered)
	if err != nil && f.fail(0) {
		return types.ActionContinue
	}
	return types.ActionPause // until the answer is here
}

// answered is not called when the client is gone before.
func (f *filter) answered(headers, _, _ int) {
	status, user := answer(headers)
	switch {
	case status == 200:
		f.settings.allowed.Increment(1)
		name(user)
	case status == 0 || status >= 500:
		if !f.fail(status) {
			return
		}
	default:
		f.settings.denied.Increment(1)
		check(proxywasm.SendHttpResponse(403, nil, []byte("denied\n"), -1)) // -1: no gRPC status
		return
	}
	check(proxywasm.ResumeHttpRequest())
}

// answer reads the status and the user. A service that cannot be reached is 503 and one that took
// too long 504, as if it had said so itself; an answer that was cut has no headers, and is 0.
func answer(headers int) (status int, user *string) {
	if headers == 0 {
		return 0, nil
	}
	pairs, err := proxywasm.GetHttpCallResponseHeaders()
	check(err)
	for _, pair := range pairs {
		switch pair[0] {
		case ":status":
			status, _ = strconv.Atoi(pair[1])
		case "x-user":
			user = &pair[1]
		}
	}
	return status, user
}

// fail says whether the request goes on although nobody said so.
func (f *filter) fail(status int) bool {
	f.settings.failed.Increment(1)
	proxywasm.LogWarn(f.settings.cluster + " failed: " + strconv.Itoa(status))
	if f.settings.failOpen {
		name(nil)
	} else {
		check(proxywasm.SendHttpResponse(503, nil, []byte("unavailable\n"), -1))
	}
	return f.settings.failOpen
}

// name tells the upstream who sends the request: what a client says about itself does not count.
func name(user *string) {
	if user == nil {
		check(proxywasm.RemoveHttpRequestHeader("x-user"))
	} else {
		check(proxywasm.ReplaceHttpRequestHeader("x-user", *user))
	}
}

// check logs what the proxy would not do.
func check(err error) {
	if err != nil {
		proxywasm.LogError("refused by the proxy: " + err.Error())
	}
}

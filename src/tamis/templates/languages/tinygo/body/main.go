// SPDX-License-Identifier: 0BSD

// my-filter replaces a text in response bodies.
package main

import (
	"bytes"
	"errors"
	"math"

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
	find, replace []byte
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
	find, err := stringOf(object, "find")
	if err != nil {
		return nil, err
	}
	replace, err := stringOf(object, "replace")
	if err != nil {
		return nil, err
	}
	if find == "" {
		return nil, errors.New(`"find" must not be empty`)
	}
	return &settings{find: []byte(find), replace: []byte(replace)}, nil
}

func stringOf(object *fastjson.Value, key string) (string, error) {
	value := object.Get(key)
	if value == nil {
		return "", errors.New(`"` + key + `" is missing`)
	}
	if value.Type() != fastjson.TypeString {
		return "", errors.New(`"` + key + `" must be a string`)
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
	return types.OnPluginStartStatusOK
}

func (p *plugin) NewHttpContext(uint32) types.HttpContext {
	return &filter{settings: p.settings}
}

// filter is made once for each exchange.
type filter struct {
	types.DefaultHttpContext
	settings *settings
	holding  bool // the response's body is held back until it is whole
}

func (f *filter) OnHttpResponseHeaders(_ int, endOfStream bool) types.Action {
	encoding, err := proxywasm.GetHttpResponseHeader("content-encoding")
	if !endOfStream && (err != nil || encoding == "identity") {
		f.holding = true
		// The length may change; the headers leave before it is known.
		check(proxywasm.RemoveHttpResponseHeader("content-length"))
	}
	return types.ActionContinue
}

func (f *filter) OnHttpResponseBody(_ int, endOfStream bool) types.Action {
	if f.holding {
		if !endOfStream {
			return types.ActionPause // the proxy keeps what came so far
		}
		f.finish()
	}
	return types.ActionContinue
}

// OnHttpResponseTrailers ends a body that has no last chunk of its own.
func (f *filter) OnHttpResponseTrailers(int) types.Action {
	if f.holding {
		f.finish()
	}
	return types.ActionContinue
}

func (f *filter) finish() {
	f.holding = false
	body, err := proxywasm.GetHttpResponseBody(0, math.MaxInt32)
	if err != nil {
		return // it is empty
	}
	if bytes.Contains(body, f.settings.find) {
		body = bytes.ReplaceAll(body, f.settings.find, f.settings.replace)
		check(proxywasm.ReplaceHttpResponseBody(body))
	}
}

// check logs what the proxy would not do.
func check(err error) {
	if err != nil {
		proxywasm.LogError("refused by the proxy: " + err.Error())
	}
}

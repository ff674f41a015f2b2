// SPDX-License-Identifier: 0BSD

// my-filter sets one header on every request and every response, and takes x-powered-by off responses.
package main

import (
	"errors"

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
	header, value string
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
	header, err := stringOf(object, "header")
	if err != nil {
		return nil, err
	}
	value, err := stringOf(object, "value")
	if err != nil {
		return nil, err
	}
	if header == "" {
		return nil, errors.New(`"header" must not be empty`)
	}
	return &settings{header: header, value: value}, nil
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
}

func (f *filter) OnHttpRequestHeaders(int, bool) types.Action {
	check(proxywasm.ReplaceHttpRequestHeader(f.settings.header, f.settings.value))
	return types.ActionContinue
}

func (f *filter) OnHttpResponseHeaders(int, bool) types.Action {
	check(proxywasm.ReplaceHttpResponseHeader(f.settings.header, f.settings.value))
	check(proxywasm.RemoveHttpResponseHeader("x-powered-by"))
	return types.ActionContinue
}

// check logs what the proxy would not do.
func check(err error) {
	if err != nil {
		proxywasm.LogError("refused by the proxy: " + err.Error())
	}
}

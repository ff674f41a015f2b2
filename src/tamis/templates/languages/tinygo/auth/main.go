// SPDX-License-Identifier: 0BSD

// my-filter lets a request pass when it carries the right key, and answers 401 otherwise.
package main

import (
	"crypto/subtle"
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
	header, key string
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
	key, err := stringOf(object, "key")
	if err != nil {
		return nil, err
	}
	if header == "" {
		return nil, errors.New(`"header" must not be empty`)
	}
	if key == "" {
		return nil, errors.New(`"key" must not be empty`)
	}
	return &settings{header: header, key: key}, nil
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
	header := f.settings.header
	value, err := proxywasm.GetHttpRequestHeader(header)
	if err != nil {
		return deny("no " + header)
	}
	// Takes the same time wherever the two differ, so that a key cannot be guessed byte by byte.
	if subtle.ConstantTimeCompare([]byte(value), []byte(f.settings.key)) == 0 {
		return deny("wrong " + header)
	}
	check(proxywasm.RemoveHttpRequestHeader(header))
	return types.ActionContinue
}

func deny(why string) types.Action {
	proxywasm.LogWarn("denied: " + why)
	headers := [][2]string{{"content-type", "text/plain"}}
	check(proxywasm.SendHttpResponse(401, headers, []byte("denied\n"), -1)) // -1: no gRPC status
	return types.ActionPause
}

// check logs what the proxy would not do.
func check(err error) {
	if err != nil {
		proxywasm.LogError("refused by the proxy: " + err.Error())
	}
}

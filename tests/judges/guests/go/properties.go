// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// properties reads what the proxy knows of a stream, and leaves something there itself.
type properties struct{ types.DefaultHttpContext }

func (*properties) OnHttpRequestHeaders(int, bool) types.Action {
	log("path", "request", "path")
	log("route", "xds", "route_name")
	check(proxywasm.SetProperty([]string{"tamis_guest"}, []byte("set here")))
	log("state", "filter_state", "wasm.tamis_guest") // where Envoy keeps it
	return types.ActionContinue
}

func log(name string, path ...string) {
	if value, err := proxywasm.GetProperty(path); err == nil {
		proxywasm.LogInfof("%s %s", name, value)
	}
}

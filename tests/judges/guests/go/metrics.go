// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// metricsPlugin defines one metric of each kind.
type metricsPlugin struct {
	types.DefaultPluginContext
	requests proxywasm.MetricCounter
	active   proxywasm.MetricGauge
	size     proxywasm.MetricHistogram
}

func (p *metricsPlugin) OnPluginStart(int) types.OnPluginStartStatus {
	p.requests = proxywasm.DefineCounterMetric("guest.requests")
	p.active = proxywasm.DefineGaugeMetric("guest.active")
	p.size = proxywasm.DefineHistogramMetric("guest.size")
	return types.OnPluginStartStatusOK
}

func (p *metricsPlugin) NewHttpContext(uint32) types.HttpContext { return &metrics{plugin: p} }

type metrics struct {
	types.DefaultHttpContext
	plugin *metricsPlugin
}

func (m *metrics) OnHttpRequestHeaders(int, bool) types.Action {
	m.plugin.requests.Increment(1)
	m.plugin.active.Add(5 - m.plugin.active.Value()) // the SDK cannot set a gauge
	m.plugin.active.Add(-2)
	m.plugin.size.Record(7)
	proxywasm.LogInfof("requests %d", m.plugin.requests.Value())
	return types.ActionContinue
}

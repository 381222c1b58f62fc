// hnswlib without JavaScript: one index over the vectors of a file, driven by lines on standard input, each answered by
// one line. Compiled by peers.mjs against the headers that the package hnswlib-node brings.
//
//   hnswlibPeer SPACE DIMENSION M EF_CONSTRUCTION VECTORS QUERIES K     (SPACE: ip or l2; files of raw little-endian f32)
//
//   load FILE | save FILE      ok
//   build ROWS THREADS         the next rows: wall seconds, CPU seconds
//   search EF MS               queries one after another: their number, wall seconds, CPU seconds
//   find EF FILE               the K nearest rows of every query, as u32: ok
#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>
#include "hnswlib/hnswlib.h"

namespace {

using Index = hnswlib::HierarchicalNSW<float>;

std::vector<float> readFloats(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<float> floats(static_cast<size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(floats.data()), static_cast<std::streamsize>(floats.size() * sizeof(float)));
  return floats;
}

/** Wall and CPU seconds since its construction. */
class Stopwatch {
 public:
  double wall() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - wallStart_).count();
  }
  double cpu() const { return cpuNow() - cpuStart_; }

 private:
  static double cpuNow() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
  }
  std::chrono::steady_clock::time_point wallStart_ = std::chrono::steady_clock::now();
  double cpuStart_ = cpuNow();
};

struct Peer {
  size_t dimension;
  size_t k;
  std::vector<float> vectors;
  std::vector<float> queries;
  std::unique_ptr<hnswlib::SpaceInterface<float>> space;
  std::unique_ptr<Index> index;
  size_t rowsBuilt = 0;
  size_t nextQuery = 0;

  size_t rowCount() const { return vectors.size() / dimension; }
  size_t queryCount() const { return queries.size() / dimension; }
};

std::string build(Peer& peer, size_t rows, size_t threads) {
  const size_t end = std::min(peer.rowCount(), peer.rowsBuilt + rows);
  const Stopwatch watch;
  std::atomic<size_t> next{peer.rowsBuilt};
  const auto work = [&] {
    for (size_t row = next++; row < end; row = next++) {
      peer.index->addPoint(peer.vectors.data() + row * peer.dimension, row);
    }
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; i++) others.emplace_back(work);
  work();
  for (auto& other : others) other.join();
  peer.rowsBuilt = end;
  std::ostringstream line;
  line << watch.wall() << ' ' << watch.cpu();
  return line.str();
}

std::string search(Peer& peer, size_t ef, double ms) {
  peer.index->setEf(ef);
  size_t done = 0;
  const Stopwatch watch;
  do {
    for (int i = 0; i < 20; i++, done++) {
      peer.index->searchKnn(peer.queries.data() + peer.nextQuery * peer.dimension, peer.k);
      peer.nextQuery = (peer.nextQuery + 1) % peer.queryCount();
    }
  } while (watch.wall() * 1e3 < ms);
  std::ostringstream line;
  line << done << ' ' << watch.wall() << ' ' << watch.cpu();
  return line.str();
}

std::string find(Peer& peer, size_t ef, const std::string& path) {
  peer.index->setEf(ef);
  std::vector<uint32_t> rows;
  for (size_t query = 0; query < peer.queryCount(); query++) {
    auto found = peer.index->searchKnn(peer.queries.data() + query * peer.dimension, peer.k);
    for (; !found.empty(); found.pop()) rows.push_back(static_cast<uint32_t>(found.top().second));
  }
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(rows.data()), static_cast<std::streamsize>(rows.size() * sizeof(uint32_t)));
  return "ok";
}

std::string answer(Peer& peer, std::istringstream& line) {
  std::string command, path;
  size_t ef = 0, rows = 0, threads = 1;
  double ms = 0;
  line >> command;
  if (command == "build" && line >> rows >> threads) return build(peer, rows, threads);
  if (command == "search" && line >> ef >> ms) return search(peer, ef, ms);
  if (command == "find" && line >> ef >> path) return find(peer, ef, path);
  if (command == "save" && line >> path) {
    peer.index->saveIndex(path);
    return "ok";
  }
  if (command == "load" && line >> path) {
    peer.index = std::make_unique<Index>(peer.space.get(), path);
    return "ok";
  }
  throw std::runtime_error("unknown command: " + command);
}

}  // namespace

int main(int count, char** values) {
  if (count != 8) {
    std::cerr << "usage: hnswlibPeer ip|l2 DIMENSION M EF_CONSTRUCTION VECTORS QUERIES K\n";
    return 2;
  }
  try {
    const size_t dimension = std::stoul(values[2]);
    Peer peer{dimension, std::stoul(values[7]), readFloats(values[5]), readFloats(values[6]), nullptr, nullptr};
    if (std::string(values[1]) == "l2") peer.space = std::make_unique<hnswlib::L2Space>(dimension);
    else peer.space = std::make_unique<hnswlib::InnerProductSpace>(dimension);
    peer.index = std::make_unique<Index>(
        peer.space.get(), peer.rowCount(), std::stoul(values[3]), std::stoul(values[4]), 100);
    for (std::string text; std::getline(std::cin, text);) {
      std::istringstream line(text);
      std::cout << answer(peer, line) << std::endl;
    }
  } catch (const std::exception& error) {
    std::cerr << "hnswlibPeer: " << error.what() << '\n';
    return 1;
  }
}

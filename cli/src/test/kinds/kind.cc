// kind.cc - the library of C++: threads, exceptions, streams, what it takes at random.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <stdexcept>
#include <thread>

int main() {
  std::map<int, std::string> words;
  std::thread thread([&] { words[1] = "word"; });
  thread.join();
  try {
    throw std::runtime_error("caught");
  } catch (const std::exception &error) {
    std::cout << error.what() << "\n";
  }
  const char *name = "kind-cc.txt";
  std::ofstream(name) << words[1];
  std::string back;
  std::ifstream(name) >> back;
  std::remove(name);
  std::cout << back << (std::random_device{}() % 2 < 2) << std::endl;
}

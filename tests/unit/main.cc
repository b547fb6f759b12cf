// SPDX-License-Identifier: Apache-2.0
// Runs all tests.
#include <cppunit/CompilerOutputter.h>
#include <cppunit/extensions/TestFactoryRegistry.h>
#include <cppunit/ui/text/TestRunner.h>

#include <exception>
#include <iostream>
#include <memory>

int main()
{
    try {
        CppUnit::TextUi::TestRunner runner;
        runner.addTest(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
        runner.setOutputter(
            std::make_unique<CppUnit::CompilerOutputter>(&runner.result(), std::cerr).release());
        return runner.run() ? 0 : 1;
    } catch (const std::exception &e) {
        std::cerr << "unit-tests: " << e.what() << '\n';
        return 1;
    }
}

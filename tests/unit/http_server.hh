// SPDX-License-Identifier: Apache-2.0
// A HTTP server on the loopback that says what a test tells it to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace clientcert {

class HttpServer {
public:
    /// What happens when the answer was sent.
    enum class Then { close, hold, repeat };

    HttpServer() : listener_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}
    {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto *generic = reinterpret_cast<sockaddr *>(&address);
        if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
            getsockname(listener_, generic, &size) != 0)
            throw std::runtime_error{"no server on the loopback"};
        port_ = std::to_string(ntohs(address.sin_port));
        thread_ = std::thread{[this] { serve(); }};
    }

    ~HttpServer()
    {
        shutdown(listener_, SHUT_RDWR);  // ends accept
        thread_.join();
        for (const int connection : connections_)
            shutdown(connection, SHUT_RDWR);
        for (auto &thread : threads_)
            thread.join();
        for (const int connection : connections_)
            close(connection);
        close(listener_);
    }

    HttpServer(const HttpServer &) = delete;
    HttpServer &operator=(const HttpServer &) = delete;

    /// To a GET of that path: all octets of the answer.
    void answer(const std::string &path, std::string text, Then then = Then::close)
    {
        const std::lock_guard lock{mutex_};
        answers_[path] = {std::move(text), then};
    }

    /// An ordinary answer.
    void answer(const std::string &path, const std::string &status, const std::string &headers,
                const std::string &body)
    {
        answer(path, "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
                         "\r\n" + headers + "\r\n" + body);
    }

    std::string port() const { return port_; }
    std::string url(const std::string &path) const { return "http://127.0.0.1:" + port_ + path; }

    /// The heads of the requests so far.
    std::vector<std::string> requests()
    {
        const std::lock_guard lock{mutex_};
        return requests_;
    }

private:
    struct Answer {
        std::string text;
        Then then;
    };

    void serve()
    {
        for (;;) {
            const int connection = accept(listener_, nullptr, nullptr);
            if (connection < 0)
                return;
            connections_.push_back(connection);
            threads_.emplace_back([this, connection] { talk(connection); });
        }
    }

    void talk(int connection)
    {
        const auto head = read_head(connection);
        if (head.empty())
            return;
        const auto reply = find(head);
        bool sent = send_all(connection, reply.text);
        while (sent && reply.then == Then::repeat)
            sent = send_all(connection, reply.text.substr(reply.text.find("\r\n\r\n") + 4));
        char octet = 0;
        if (reply.then == Then::hold)
            while (read(connection, &octet, 1) > 0)
                ;
        shutdown(connection, SHUT_RDWR);
    }

    static std::string read_head(int connection)
    {
        std::string head;
        char octet = 0;
        while (!head.ends_with("\r\n\r\n")) {
            if (read(connection, &octet, 1) != 1)
                return {};
            head += octet;
        }
        return head;
    }

    Answer find(const std::string &head)
    {
        const std::lock_guard lock{mutex_};
        requests_.push_back(head);
        const auto begin = head.find(' ') + 1;
        const auto found = answers_.find(head.substr(begin, head.find(' ', begin) - begin));
        return found == answers_.end()
                   ? Answer{"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", Then::close}
                   : found->second;
    }

    static bool send_all(int connection, std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t sent = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    int listener_;
    std::string port_;
    std::mutex mutex_;
    std::map<std::string, Answer> answers_;
    std::vector<std::string> requests_;
    std::vector<int> connections_;
    std::vector<std::thread> threads_;
    std::thread thread_;
};

}  // namespace clientcert
